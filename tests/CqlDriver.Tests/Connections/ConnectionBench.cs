using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Connections;

/// <summary>Opens connections to scripted peers.</summary>
internal sealed class ConnectionBench
{
    public static readonly NodeEndpoint Endpoint = new("node.test", 9042);

    public ConnectionBench(Func<ConnectionSettings, ConnectionSettings>? with = null)
    {
        Settings = new ConnectionSettings { Dialer = Dialer, Time = Time };
        Settings = with?.Invoke(Settings) ?? Settings;
    }

    public MemoryDialer Dialer { get; } = new();

    public ManualTimeProvider Time { get; } = new();

    public ConnectionSettings Settings { get; }

    public RecordingObserver Observer { get; } = new();

    public Task<CqlConnection> OpenAsync(ConnectionPurpose? purpose = null, CancellationToken cancellationToken = default) =>
        CqlConnection.OpenAsync(Settings, Endpoint, new ConnectionId(7), purpose ?? ConnectionPurpose.Anyone, Observer, cancellationToken);

    /// <summary>A connection that is open, and its peer.</summary>
    public async Task<(CqlConnection Connection, ScriptedPeer Peer)> ConnectedAsync(Dictionary<string, ImmutableArray<string>>? supports = null)
    {
        var opening = OpenAsync();
        var peer = await Dialer.NextPeerAsync();
        await peer.AcceptAsync(supports ?? ScriptedPeer.CassandraSupports("4/v4", "5/v5"));
        return (await opening, peer);
    }

    public Task<(CqlConnection Connection, ScriptedPeer Peer)> ConnectedAsync(ProtocolVersion version) =>
        ConnectedAsync(ScriptedPeer.CassandraSupports($"{(int)version}/v{(int)version}"));
}
