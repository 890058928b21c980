namespace CqlDriver.Routing;

/// <summary>How near a node is to a policy: whether, and after whom, requests go there.</summary>
public enum NodeDistance
{
    /// <summary>Preferred: connections are kept open.</summary>
    Local,

    /// <summary>Used when no local node can answer: connections are kept open.</summary>
    Remote,

    /// <summary>Never used: no connection is opened.</summary>
    Ignored,
}
