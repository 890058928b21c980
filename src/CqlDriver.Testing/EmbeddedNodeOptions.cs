namespace CqlDriver.Testing;

/// <summary>A node to be added to an <see cref="EmbeddedCluster"/>.</summary>
public sealed class EmbeddedNodeOptions
{
    /// <summary>Its datacenter; null: that of the first node.</summary>
    public string? Datacenter { get; set; }

    /// <summary>Its rack; default <c>rack1</c>.</summary>
    public string Rack { get; set; } = "rack1";

    /// <summary>Where it listens; null: at an endpoint that no node has had.</summary>
    public NodeEndpoint? Endpoint { get; set; }

    /// <summary>Who it is, such as a node that was there before; null: a new one.</summary>
    public HostId? HostId { get; set; }

    /// <summary>
    /// Whether it only begins to join: the others have a row of it without tokens, it does not listen, nobody announces it.
    /// <see cref="EmbeddedNode.FinishJoiningAsync"/> does the rest.
    /// </summary>
    public bool IsJoining { get; set; }
}
