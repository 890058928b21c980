using System.Net;
using System.Threading.Channels;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// The system tables as a monitor, for others that change or complete what they say: reads over the control connection that the
/// driver keeps, and suggests a refresh when its events do. Without such a monitor the driver's rules read the tables themselves.
/// </summary>
internal sealed class SystemTablesMonitor : ITopologyMonitor
{
    // That of a call of a monitor: nobody waits for longer.
    private static readonly TimeSpan QueryLimit = TimeSpan.FromSeconds(10);

    private readonly SystemTablesReader _reader = new();

    // Events of all kinds are one suggestion: a reader that is slow misses none, and none piles up.
    private readonly Channel<TopologySuggestion> _suggestions = Channel.CreateBounded<TopologySuggestion>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private CqlConnection? _connection;

    public bool RequiresControlConnection => true;

    /// <summary>A control connection is open. One that has ended says so when it is used.</summary>
    public void Attach(CqlConnection connection)
    {
        Volatile.Write(ref _connection, connection);
        Suggest();
    }

    /// <summary>An event came.</summary>
    public void Suggest() => _suggestions.Writer.TryWrite(new RefreshSuggested());

    public async Task<IReadOnlyList<NodeDescription>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        var connection = Volatile.Read(ref _connection) ?? throw new CqlConnectionException("There is no control connection; a monitor that reads the system tables must require one.", null);
        var tables = await _reader.ReadAsync(connection, QueryLimit, cancellationToken).ConfigureAwait(false);
        var rows = tables.IsWhole || tables.Local is null ? tables.Peers : tables.Peers.Insert(0, tables.Local);
        return [.. rows.Select(row => Describe(row, connection.Endpoint)).OfType<NodeDescription>()];
    }

    public IAsyncEnumerable<TopologySuggestion> WatchAsync(CancellationToken cancellationToken) => _suggestions.Reader.ReadAllAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        _suggestions.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    /// <summary>Rows that the driver would ignore with a warning are left out.</summary>
    private static NodeDescription? Describe(NodeRow row, NodeEndpoint connected) =>
        row.HostId is { } id && id != Guid.Empty && EndpointOf(row, connected) is { } endpoint
            ? new NodeDescription(new HostId(id), endpoint)
            {
                Datacenter = row.Datacenter,
                Rack = row.Rack,
                Tokens = row.Tokens,
                State = row.State ?? (row.HasTokens ? TopologyState.Normal : TopologyState.Joining),
                OwnsData = row.HasTokens,
                ReleaseVersion = row.ReleaseVersion,
                SchemaVersion = row.SchemaVersion,
            }
            : null;

    private static NodeEndpoint? EndpointOf(NodeRow row, NodeEndpoint connected)
    {
        var address = new[] { row.Address, row.PeerAddress }.FirstOrDefault(static address => address is not null && !NodeRowRules.IsAny(address));
        return row.Endpoint
            ?? (address is not null && row.Port is > 0 and <= IPEndPoint.MaxPort ? new NodeEndpoint(address, row.Port) : null)
            ?? (row.Table == SystemTablesReader.LocalTable ? connected : null);
    }
}
