using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>
/// A tablet that was served by other replicas before. Servers do not tell the stages of a move, so it is over when it is
/// learnt, from the answer to a request that went astray. Immutable.
/// </summary>
public sealed record TabletMove
{
    internal TabletMove(RangeReassigned change, TimeSpan at) => (Scope, Range, From, To, Astray, LearntAt) = (change.Scope, change.Range, change.Former, change.Replicas, change.Astray, at);

    /// <summary>The table.</summary>
    public RoutingScope Scope { get; }

    /// <summary>The tablet.</summary>
    public TokenRange Range { get; }

    /// <summary>The replicas before.</summary>
    public ImmutableArray<Replica> From { get; }

    /// <summary>The replicas now.</summary>
    public ImmutableArray<Replica> To { get; }

    /// <summary>How many answers told of it before it was taken in: requests that went astray, at least 1.</summary>
    public int Astray { get; }

    /// <summary>When it was learnt, since the cluster object was created.</summary>
    public TimeSpan LearntAt { get; }
}
