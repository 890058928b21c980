using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Testing;

/// <summary>How far the move of a tablet is, in the words of ScyllaDB.</summary>
public enum TabletStage
{
    /// <summary>It does not move.</summary>
    None,

    /// <summary>Begun: both are written, the old replica is read.</summary>
    WriteBothReadOld,

    /// <summary>Rows are being copied.</summary>
    Streaming,

    /// <summary>Both are written, the new replica is read.</summary>
    WriteBothReadNew,

    /// <summary>The new replica alone is used; clients are still told the old one.</summary>
    UseNew,
}

/// <summary>A tablet of an <see cref="EmbeddedCluster"/> as it was at one moment. Immutable.</summary>
public sealed record EmbeddedTablet
{
    /// <summary>Its tokens.</summary>
    public required TokenRange Range { get; init; }

    /// <summary>Its replicas, of which the first leads where requests are served by leaders. While it moves these are the old ones, and clients are told these.</summary>
    public required ImmutableArray<Replica> Replicas { get; init; }

    /// <summary>The replica that is to leave while it moves.</summary>
    public Replica? Leaving { get; init; }

    /// <summary>The replica that is to take the leaving one's place.</summary>
    public Replica? Pending { get; init; }

    /// <summary>How far the move is.</summary>
    public TabletStage Stage { get; init; }

    /// <summary>Told to clients that take up tablets V2; another one, in each of its sixteen digits, after each change of the replicas or their order.</summary>
    public ulong Version { get; init; } = 0x1111_1111_1111_1111;

    internal EmbeddedTablet With(ImmutableArray<Replica> replicas) => this with
    {
        Replicas = replicas,
        Leaving = null,
        Pending = null,
        Stage = TabletStage.None,
        Version = (Version & 0xF) == 0xF ? 0x1111_1111_1111_1111 : Version + 0x1111_1111_1111_1111,
    };

    internal bool IsRightlyRouted(Replica place) => Replicas.Contains(place) || Pending == place;
}
