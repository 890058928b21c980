using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>What an answer told of a tablet: where rows were when it was given.</summary>
/// <param name="Scope">The table.</param>
/// <param name="Range">The tablet's range.</param>
/// <param name="Replicas">Its replicas, at least one.</param>
/// <param name="RoutedAt">The position of the snapshot by which the request was routed: the answer may be older than what became known since.</param>
internal sealed record TabletHint(RoutingScope Scope, TokenRange Range, ImmutableArray<Replica> Replicas, long RoutedAt)
{
    /// <summary>The cluster's version of the tablet; null when it tells none.</summary>
    public ulong? Version { get; init; }

    /// <summary>How many answers told it.</summary>
    public int Astray { get; init; } = 1;

    /// <summary>Whether another one tells the same tablet to be in the same place.</summary>
    public bool IsLike(TabletHint other) => Range == other.Range && Version == other.Version && Replicas.AsSpan().SequenceEqual(other.Replicas.AsSpan());

    /// <summary>Whether a group says all of this already.</summary>
    public bool IsSameAs(ReplicaGroup group) => group.Range == Range && group.Version == Version && group.Replicas.AsSpan().SequenceEqual(Replicas.AsSpan());
}

/// <summary>Hints from answers, merged: of two that overlap the newer one is left.</summary>
internal sealed record TabletsHinted(ImmutableArray<TabletHint> Hints) : TopologyInput;

/// <summary>A node said that it is no replica of a partition that it was asked for.</summary>
/// <param name="Scope">The table.</param>
/// <param name="Token">The partition.</param>
/// <param name="RoutedAt">The position of the snapshot by which the request was routed.</param>
/// <param name="Hint">What it said of the replicas; null: nothing.</param>
/// <param name="Waiter">Who waits until the nodes were read again, or the hint was taken.</param>
internal sealed record MisrouteTold(RoutingScope Scope, Token Token, long RoutedAt, TabletHint? Hint, long Waiter) : TopologyInput;
