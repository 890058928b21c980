namespace CqlDriver.Testing;

/// <summary>What becomes of the address that a node leaves.</summary>
public enum OldAddress
{
    /// <summary>The node restarts in order: its connections are closed (FIN) and dials refused.</summary>
    Closed,

    /// <summary>The node dies and is started elsewhere: its connections are reset (RST) and dials refused.</summary>
    Reset,

    /// <summary>
    /// The node is started elsewhere and the path to the old address is dead: connections stay open, dials succeed, nothing is
    /// answered. When another node of the cluster is started at the address it gets the dials, and the old connections go on hanging.
    /// </summary>
    Hangs,

    /// <summary>The node does not restart: it answers at both addresses, and its tables tell the new one.</summary>
    Kept,
}
