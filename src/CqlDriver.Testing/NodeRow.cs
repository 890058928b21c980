using System.Collections.Immutable;
using System.Net;

namespace CqlDriver.Testing;

/// <summary>
/// What a node says of itself in <c>system.local</c>, or of another node in <c>system.peers</c> and <c>system.peers_v2</c>.
/// Null fields are null in the row. Change them with <see cref="EmbeddedNode.OverrideRows"/> to see how a client takes it.
/// </summary>
public sealed record NodeRow
{
    /// <summary>The address for other nodes: <c>peer</c>, <c>broadcast_address</c>, <c>listen_address</c>. Identifies a peer's row.</summary>
    public required IPAddress Peer { get; init; }

    /// <summary>The port for other nodes.</summary>
    public int PeerPort { get; init; } = 7000;

    /// <summary>The identity: <c>host_id</c>.</summary>
    public Guid? HostId { get; init; }

    /// <summary>The address for clients: <c>rpc_address</c>, <c>native_address</c>.</summary>
    public IPAddress? NativeAddress { get; init; }

    /// <summary>The port for clients: <c>rpc_port</c> of <c>system.local</c>, <c>native_port</c> of <c>system.peers_v2</c>.</summary>
    public int? NativePort { get; init; }

    /// <summary>The datacenter.</summary>
    public string? Datacenter { get; init; }

    /// <summary>The rack.</summary>
    public string? Rack { get; init; }

    /// <summary>The version of the server.</summary>
    public string? ReleaseVersion { get; init; }

    /// <summary>The version of the schema.</summary>
    public Guid? SchemaVersion { get; init; }

    /// <summary>The tokens; default: null in the row.</summary>
    public ImmutableArray<Token> Tokens { get; init; }
}
