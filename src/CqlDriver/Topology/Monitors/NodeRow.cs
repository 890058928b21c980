using System.Collections.Immutable;
using System.Net;

namespace CqlDriver.Topology;

/// <summary>A row of <c>system.local</c>, <c>system.peers_v2</c> or <c>system.peers</c>, as it was read: nothing is believed yet.</summary>
internal sealed record NodeRow(string Table, int Number)
{
    public Guid? HostId { get; init; }

    /// <summary>Where clients are served, where the source tells it as one; else by address and port.</summary>
    public NodeEndpoint? Endpoint { get; init; }

    /// <summary>Where clients are served: <c>native_address</c> or <c>rpc_address</c>.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Where other nodes reach it: <c>peer</c> or <c>broadcast_address</c>.</summary>
    public IPAddress? PeerAddress { get; init; }

    /// <summary>The port for clients; that of the control connection where the table has none.</summary>
    public int Port { get; init; }

    public string? Datacenter { get; init; }

    public string? Rack { get; init; }

    /// <summary>Those that are numbers, ascending.</summary>
    public ImmutableArray<Token> Tokens { get; init; } = [];

    /// <summary>Whether there are tokens at all, be they of a partitioner that this driver cannot compute.</summary>
    public bool HasTokens { get; init; }

    /// <summary>Where the node stands, where the source tells it; null: by its tokens.</summary>
    public TopologyState? State { get; init; }

    /// <summary>What the source calls the state, where that is a word that is not known.</summary>
    public string? UnknownState { get; init; }

    /// <summary>Whether the row stays in its table although the node has left.</summary>
    public bool IsOfNodeThatLeft { get; init; }

    public string? ReleaseVersion { get; init; }

    public Guid? SchemaVersion { get; init; }

    public string? ClusterName { get; init; }

    public string? Partitioner { get; init; }

    public override string ToString() => $"row {Number} of {Table} (host_id {HostId?.ToString() ?? "null"}, address {Endpoint?.ToString() ?? Address?.ToString() ?? "null"})";
}
