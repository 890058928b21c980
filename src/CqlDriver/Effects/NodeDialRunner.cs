using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Effects;

/// <summary>
/// Dials nodes for pools, switches keyspaces, closes connections. Connections that are being opened at once are bounded over
/// all sessions. That a connection opened and that it was lost comes from one poster, its observer, in that order.
/// </summary>
internal sealed class NodeDialRunner(TopologySettings settings, TopologyLoop loop, IEffectRunner effects) : IDisposable
{
    private readonly SemaphoreSlim _dials = new(settings.MaxDials);

    /// <summary>Null: the observer has posted the answer.</summary>
    public async Task<TopologyInput?> DialAsync(DialNode effect, CancellationToken cancellationToken)
    {
        var observer = new Observer(loop, effects, effect.Ticket);
        try
        {
            await _dials.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                var purpose = new ConnectionPurpose { ExpectedHostId = effect.Ticket.Fence!.Value.HostId, Keyspace = effect.Keyspace, Shard = effect.Shard };
                var (connections, endpoint) = RouteDialling.Of(settings, effect.Endpoint, effect.Ticket.Route);
                await CqlConnection.OpenAsync(connections, endpoint, effect.ConnectionId, purpose, observer, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _dials.Release();
            }

            return null;
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: the pool decides when to try again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return observer.HasAnswered ? null : new NodeDialFailed(effect.Ticket, error, (error as WrongNodeException)?.Actual, IsKeyspaceRefused(effect, error));
        }
    }

    public async Task<TopologyInput?> SetKeyspaceAsync(SetKeyspace effect, CancellationToken cancellationToken)
    {
        try
        {
            await ((CqlConnection)effect.Connection).UseAsync(effect.Keyspace, settings.QueryLimit, cancellationToken).ConfigureAwait(false);
            return new KeyspaceSet(effect.Ticket, null);
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: the connection is replaced.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new KeyspaceSet(effect.Ticket, error);
        }
    }

    /// <summary>Only to see who is there: nobody gets the connection.</summary>
    public async Task<TopologyInput?> VerifyAsync(VerifyIdentity effect, CancellationToken cancellationToken)
    {
        try
        {
            var purpose = new ConnectionPurpose { ExpectedHostId = effect.Ticket.Key.HostId };
            var (connections, endpoint) = RouteDialling.Of(settings, effect.Endpoint, effect.Ticket.Route);
            var connection = await CqlConnection.OpenAsync(
                connections, endpoint, effect.ConnectionId, purpose, SilentObserver.Instance, cancellationToken).ConfigureAwait(false);
            var answered = connection.Facts.HostId;
            await connection.DisposeAsync().ConfigureAwait(false);
            return new IdentityVerified(effect.Ticket, answered, null);
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: nothing is known about that endpoint.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new IdentityVerified(effect.Ticket, (error as WrongNodeException)?.Actual, error);
        }
    }

    public async Task<TopologyInput?> AskIdentityAsync(AskIdentity effect, CancellationToken cancellationToken)
    {
        try
        {
            var told = await ((CqlConnection)effect.Connection).ReadHostIdAsync(settings.QueryLimit, cancellationToken).ConfigureAwait(false);
            return new IdentityTold(effect.Ticket, told, null);
        }
#pragma warning disable CA1031 // Whatever it is, it is the answer: this connection proves nothing.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return new IdentityTold(effect.Ticket, null, error);
        }
    }

    public static async Task<TopologyInput?> WarmAsync(WarmConnection effect, CancellationToken cancellationToken)
    {
        try
        {
            var (left, roundTrip) = await effect.Warmer.WarmAsync(effect.Connection, cancellationToken).ConfigureAwait(false);
            return new ConnectionWarmed(effect.Ticket, left, roundTrip);
        }
        catch (OperationCanceledException)
        {
            return new ConnectionWarmed(effect.Ticket, int.MaxValue, null);
        }
    }

    /// <summary>In the step that decided so: from here on nothing is written on it any more.</summary>
    public static void BeginClosing(CloseConnection effect)
    {
        var connection = (CqlConnection)effect.Connection;
        if (effect.DrainLimit > TimeSpan.Zero)
        {
            connection.Retire(Reason(effect));
        }
        else
        {
            connection.Close(Reason(effect));
        }
    }

    /// <summary>Lets what was written finish within the limit.</summary>
    public async Task<TopologyInput?> CloseAsync(CloseConnection effect)
    {
        var connection = (CqlConnection)effect.Connection;
        if (effect.DrainLimit > TimeSpan.Zero)
        {
            try
            {
                await connection.Closed.WaitAsync(effect.DrainLimit, settings.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // What is still unanswered fails as lost.
            }
        }

        connection.Close(Reason(effect));
        await connection.DisposeAsync().ConfigureAwait(false);
        return new ConnectionClosed(effect.Ticket);
    }

    public void Dispose() => _dials.Dispose();

    private static CqlConnectionException Reason(CloseConnection effect) =>
        new($"The connection to {effect.Connection.Endpoint} was closed: {effect.Reason}.", effect.Connection.Endpoint, effect.Connection.Facts.HostId);

    /// <summary>The node let us in and said no to USE.</summary>
    private static bool IsKeyspaceRefused(DialNode effect, Exception error) => effect.Keyspace is not null && error is UnexpectedAnswerException { Error: not null };

    private sealed class Observer(TopologyLoop loop, IEffectRunner effects, EffectTicket ticket) : IConnectionObserver
    {
        private bool _hasAnswered;

        public bool HasAnswered => Volatile.Read(ref _hasAnswered);

        public void OnOpened(CqlConnection connection)
        {
            Volatile.Write(ref _hasAnswered, true);
            if (!loop.TryPost(new NodeDialled(ticket, connection)))
            {
                effects.Abandon(connection);
            }
        }

        public void OnWorn(CqlConnection connection) => loop.TryPost(new ConnectionWorn(ticket.Owner, ticket.Fence!.Value, connection.Id));

        public void OnClosed(CqlConnection connection, Exception reason) =>
            loop.TryPost(new ConnectionLost(ticket.Owner, ticket.Fence!.Value, connection.Id, reason));
    }
}
