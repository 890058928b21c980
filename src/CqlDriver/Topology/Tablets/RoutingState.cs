using System.Collections.Immutable;
using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>What the rules of rings and tablets remember between two steps. Immutable.</summary>
internal sealed record RoutingState
{
    /// <summary>The nodes for which the rings were looked at last.</summary>
    public ImmutableArray<Node> Nodes { get; init; }

    /// <summary>The schema for which the rings were looked at last.</summary>
    public SchemaMetadata? Schema { get; init; }

    /// <summary>What the rings are made of, or are being made of.</summary>
    public RingPlan Plan { get; init; } = RingPlan.None;

    /// <summary>Nodes that hints named and nobody has heard of, with the number of refreshes that had begun then.</summary>
    public ImmutableSortedDictionary<HostId, long> Doubted { get; init; } = ImmutableSortedDictionary<HostId, long>.Empty;

    /// <summary>While any is: the number of the refresh that ran after the last step.</summary>
    public long Running { get; init; }

    /// <summary>While any is: how many refreshes of the epoch had been applied after the last step.</summary>
    public int Refreshes { get; init; }

    /// <summary>What was routed before this position was routed by no schema, or by one without a table that is there now: it may tell of another one of that name.</summary>
    public long Floor { get; init; }

    public bool IsOf(Metadata metadata) => Nodes == metadata.Nodes && ReferenceEquals(Schema, metadata.Schema);
}
