using System.Collections.Immutable;
using System.Net.Sockets;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// The part of a control connection that takes time: dialling, registering for events, reading, resolving names. It decides
/// nothing: each job ends in one input.
/// </summary>
internal sealed class ControlConnectionRunner(TopologySettings settings, TopologySources sources, TopologyLoop loop)
{
    private readonly string[] _events = settings switch
    {
        { ClientRoutes: not null } => [EventTypes.TopologyChange, EventTypes.StatusChange, EventTypes.SchemaChange, EventTypes.ClientRoutesChange],
        { Monitor.RequiresControlConnection: false } => [EventTypes.SchemaChange],
        _ => [EventTypes.TopologyChange, EventTypes.StatusChange, EventTypes.SchemaChange],
    };

    private readonly SystemTablesReader _tables = new(settings.ClientRoutes?.NodePort);

    /// <summary>Registers before anything is read, so that no change falls between.</summary>
    public async Task<TopologyInput?> OpenAsync(OpenControlConnection effect, CancellationToken cancellationToken)
    {
        CqlConnection? connection = null;
        try
        {
            var observer = new Observer(loop, effect.ConnectionId, sources.SystemTables, settings.ClientRoutes);
            connection = await CqlConnection.OpenAsync(
                RouteDialling.OfControl(settings, effect.Endpoint, loop.Current), effect.Endpoint, effect.ConnectionId, ConnectionPurpose.Anyone, observer, cancellationToken).ConfigureAwait(false);
            await RegisterAsync(connection, cancellationToken).ConfigureAwait(false);
            sources.SystemTables?.Attach(connection);
            return new ControlOpened(effect.Ticket, connection);
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: the next candidate is tried.
        catch (Exception error)
#pragma warning restore CA1031
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            return new ControlFailed(effect.Ticket, error);
        }
    }

    public async Task<TopologyInput?> ReadAsync(ReadNodes effect, CancellationToken cancellationToken)
    {
        try
        {
            var connection = (CqlConnection)effect.Connection;
            var tables = await _tables.ReadAsync(connection, settings.QueryLimit, cancellationToken).ConfigureAwait(false);
            var routes = settings.ClientRoutes is { } known
                ? await RouteTableReader.ReadAsync(connection, new RouteScope(known.ConnectionIds, null), settings.QueryLimit, cancellationToken).ConfigureAwait(false)
                : null;
            return new NodesRead(effect.Ticket, tables.Local, tables.Peers, tables.LocalAgain, routes) { IsWhole = tables.IsWhole };
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: another control connection is sought.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new NodesReadFailed(effect.Ticket, error);
        }
    }

    /// <summary>Rows are made a schema here, off the loop; the loop has nothing left to do but to take it.</summary>
    public async Task<TopologyInput?> ReadSchemaAsync(ReadSchema effect, CancellationToken cancellationToken)
    {
        try
        {
            var schema = effect.Connection is CqlConnection connection && sources.Schema is null
                ? await SchemaSource.ReadAsync(connection, settings.QueryLimit, cancellationToken).ConfigureAwait(false)
                : await ReadSourceAsync(sources.Schema!, cancellationToken).ConfigureAwait(false);
            return new SchemaRead(effect.Ticket, schema.Keeping(effect.Before));
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: it is tried again later.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new SchemaReadFailed(effect.Ticket, error);
        }
    }

    public async Task<TopologyInput?> ReadRoutesAsync(ReadRoutes effect, CancellationToken cancellationToken)
    {
        try
        {
            return new RoutesRead(effect.Ticket, await RouteTableReader.ReadAsync((CqlConnection)effect.Connection, effect.Scope, settings.QueryLimit, cancellationToken).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: everything is read instead.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new RoutesReadFailed(effect.Ticket, error);
        }
    }

    /// <summary>The application's own source, within the limit of a query whatever it does with its token.</summary>
    private async Task<SchemaMetadata> ReadSourceAsync(ISchemaSource source, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.QueryLimit, settings.Time);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var keyspaces = await source.ReadKeyspacesAsync(limited.Token).WaitAsync(settings.QueryLimit, settings.Time, cancellationToken).ConfigureAwait(false);
        return SchemaMetadata.Of(keyspaces ?? throw new CqlException($"{source.GetType().Name} told null in place of the keyspaces."));
    }

    public async Task<TopologyInput?> ResolveAsync(ResolveContactPoints effect, CancellationToken cancellationToken)
    {
        var endpoints = ImmutableArray.CreateBuilder<NodeEndpoint>();
        var failures = ImmutableArray.CreateBuilder<ContactFailure>();
        foreach (var point in effect.ContactPoints)
        {
            if (point.Address is not null)
            {
                endpoints.Add(point);
                continue;
            }

            try
            {
                var addresses = await settings.Connections.Names.ResolveAsync(point.Host, cancellationToken)
                    .WaitAsync(settings.Connections.ConnectTimeout, settings.Time, cancellationToken).ConfigureAwait(false);
                endpoints.AddRange(addresses.Select(address => new NodeEndpoint(address, point.Port)));
            }
            catch (Exception error) when (error is SocketException or ArgumentException or TimeoutException or OperationCanceledException)
            {
                failures.Add(new ContactFailure(point, error));
            }
        }

        return new ContactPointsResolved(effect.Ticket, endpoints.ToImmutable(), failures.ToImmutable());
    }

    private async Task RegisterAsync(CqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.RegisterAsync(_events, settings.Connections.ConnectTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (UnexpectedAnswerException refused) when (settings.ClientRoutes is not null && refused.Error is not null)
        {
            throw new CqlConnectionException(
                $"{connection.Endpoint} does not tell of client routes, so it cannot serve a session that uses them ({refused.Error.Message}). ScyllaDB 2026.1 or newer is needed on every node; or leave ClientRoutes null.",
                connection.Endpoint, connection.Facts.HostId, refused);
        }
    }

    private sealed class Observer(TopologyLoop loop, ConnectionId connectionId, SystemTablesMonitor? tables, RouteSettings? routes) : IConnectionObserver
    {
        private readonly EventBuffer _events = new(connectionId, routes);

        public void OnEvent(CqlConnection connection, CqlEvent serverEvent)
        {
            if (serverEvent is not SchemaChangeEvent)
            {
                tables?.Suggest();
            }

            if (_events.Add(serverEvent))
            {
                loop.PostEvents(_events.Take);
            }
        }

        public void OnClosed(CqlConnection connection, Exception reason) => loop.TryPost(new ControlLost(connectionId, reason));
    }
}
