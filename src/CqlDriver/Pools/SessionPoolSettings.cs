using System.Collections.Immutable;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>What a session wants of its pools. Immutable.</summary>
internal sealed record SessionPoolSettings
{
    /// <summary>The policies in use, the default one first. A node is connected to when one of them wants it.</summary>
    public ImmutableArray<ILoadBalancingPolicy> Policies { get; init; } = [new LocalDatacenterPolicy()];

    /// <summary>The keyspace of the session, unquoted; null: none.</summary>
    public string? Keyspace { get; init; }

    /// <summary>Connections to a node without shards; one with shards gets one a shard.</summary>
    public int ConnectionsPerNode { get; init; } = 1;

    /// <summary>Connections to one node that are being opened at once, when one is open already; before that it is one.</summary>
    public int MaxDialsPerNode { get; init; } = 4;

    /// <summary>Prepares what the session uses most on a connection that requests do not see yet; null: nothing to prepare.</summary>
    public IConnectionWarmer? Warmer { get; init; }

    /// <summary>How long a pool pauses that asked a node for shards without a connection, and got others time and again.</summary>
    public TimeSpan MissPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a connection that is not wanted any more may take to answer what was written on it.</summary>
    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The limit of the wait for one usable node.</summary>
    public TimeSpan UsableLimit { get; init; } = TimeSpan.FromSeconds(30);
}
