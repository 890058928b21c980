using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>An entry of a log kept elsewhere that changes nothing here: only its position counts.</summary>
public sealed record EmptyEntry : TopologyChange
{
    internal EmptyEntry() { }
}

/// <summary>An entry that means something to the cluster and nothing to a client: only its position counts.</summary>
public sealed record OpaqueEntry : TopologyChange
{
    internal OpaqueEntry(byte sourceKind, int size) => (SourceKind, Size) = (sourceKind, size);

    /// <summary>What the source calls it.</summary>
    public byte SourceKind { get; }

    /// <summary>Its size in bytes.</summary>
    public int Size { get; }
}

/// <summary>An entry whose bytes are intact and say something that this version does not understand. It is skipped, and its bytes are kept.</summary>
public sealed record UndecodableEntry : TopologyChange
{
    internal UndecodableEntry(ImmutableArray<byte> raw, string reason) => (Raw, Reason) = (raw, reason);

    /// <summary>The entry's bytes, as they came.</summary>
    public ImmutableArray<byte> Raw { get; }

    /// <summary>What was not understood.</summary>
    public string Reason { get; }
}

/// <summary>The release versions in the cluster changed, by what its own log says.</summary>
public sealed record ClusterVersionChanged : TopologyChange
{
    internal ClusterVersionChanged(string? from, string to) => (From, To) = (from, to);

    /// <summary>The version that was expected before; null when the source does not say.</summary>
    public string? From { get; }

    /// <summary>The version now.</summary>
    public string To { get; }
}

/// <summary>
/// One step of undoing a handover that was given up. Pure, and safe to repeat: a snapshot that it was applied to already
/// stays as it is.
/// </summary>
public abstract record HandoverCompensation
{
    private protected HandoverCompensation() { }

    /// <summary>The node after it.</summary>
    internal abstract Node Undo(Node node);
}

/// <summary>The node is where it was.</summary>
public sealed record EndpointRestored : HandoverCompensation
{
    internal EndpointRestored(NodeEndpoint? endpoint) => Endpoint = endpoint;

    /// <summary>The endpoint before the handover; null: none was known.</summary>
    public NodeEndpoint? Endpoint { get; }

    internal override Node Undo(Node node) => Equals(node.Endpoint, Endpoint) ? node : node with { Endpoint = Endpoint };
}

/// <summary>The generation that was reserved is burned: should the node show it, it shows the one before again.</summary>
public sealed record GenerationBurned : HandoverCompensation
{
    internal GenerationBurned(long reserved, long before) => (Reserved, Before) = (reserved, before);

    /// <summary>The generation that nobody will have.</summary>
    public long Reserved { get; }

    /// <summary>The generation that stands.</summary>
    public long Before { get; }

    internal override Node Undo(Node node) => node.Generation == Reserved ? node with { Generation = Before } : node;
}
