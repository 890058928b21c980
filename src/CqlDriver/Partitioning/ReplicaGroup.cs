using System.Collections.Immutable;

namespace CqlDriver.Partitioning;

/// <summary>
/// Who holds the rows of some ranges of tokens. A tablet has a group of its own; on a ring, and where hashes are shared out in
/// fixed ranges, many ranges share one. Immutable. Nodes are named by host id, so that one that moves needs no repair here.
/// </summary>
public sealed record ReplicaGroup
{
    internal ReplicaGroup(int id, ImmutableArray<Replica> replicas) => (Id, Replicas) = (id, replicas);

    /// <summary>Its number in its table.</summary>
    public int Id { get; internal init; }

    /// <summary>The replicas, in the order in which the cluster names them.</summary>
    public ImmutableArray<Replica> Replicas { get; internal init; }

    /// <summary>Nodes that only follow: they get no requests because of this group.</summary>
    public ImmutableArray<HostId> Learners { get; internal init; } = [];

    /// <summary>The replica that leads the others; null when that is not known, or there is none.</summary>
    public HostId? Leader { get; internal init; }

    /// <summary>The cluster's own version of it; null when it tells none.</summary>
    public ulong? Version { get; internal init; }

    /// <summary>The one range that it is for; null when ranges share it.</summary>
    public TokenRange? Range { get; internal init; }

    /// <summary>The position of the newest change of it.</summary>
    public long ChangedAt { get; internal init; }

    /// <summary>Whether a node is among its replicas.</summary>
    /// <param name="hostId">The node.</param>
    public bool HasReplica(HostId hostId)
    {
        foreach (var replica in Replicas)
        {
            if (replica.HostId == hostId)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether both say the same, whenever they were told.</summary>
    /// <param name="other">The other group.</param>
    public bool Equals(ReplicaGroup? other) =>
        other is not null && (Id, Leader, Version, Range) == (other.Id, other.Leader, other.Version, other.Range)
        && Replicas.AsSpan().SequenceEqual(other.Replicas.AsSpan()) && Learners.AsSpan().SequenceEqual(other.Learners.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Leader, Version, Replicas.Length);

    /// <inheritdoc/>
    public override string ToString() => $"{Id}: {string.Join(", ", Replicas)}{(Leader is { } leader ? $", led by {leader}" : "")}";

    /// <summary>The group without a node; a leader that is gone is not known any more. Itself when the node is not in it.</summary>
    internal ReplicaGroup Without(HostId hostId)
    {
        var isLearner = Learners.Contains(hostId);
        return !HasReplica(hostId) && !isLearner && Leader != hostId ? this : this with
        {
            Replicas = Replicas.RemoveAll(replica => replica.HostId == hostId),
            Learners = isLearner ? Learners.Remove(hostId) : Learners,
            Leader = Leader == hostId ? null : Leader,
        };
    }

    /// <summary>The group with a node under another host id.</summary>
    internal ReplicaGroup Renamed(HostId former, HostId now) => this with
    {
        Replicas = [.. Replicas.Select(replica => replica.HostId == former ? replica with { HostId = now } : replica)],
        Learners = [.. Learners.Select(learner => learner == former ? now : learner)],
        Leader = Leader == former ? now : Leader,
    };
}
