using CqlDriver.Connections;

namespace CqlDriver.Schema;

/// <summary>
/// Whether the nodes agree on the schema: after a statement that changed it, the node that executed it is asked for its own
/// schema version and for those it knows of the others, every 200 ms, until all that are up say the same.
/// </summary>
internal static class SchemaAgreement
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for agreement. False: none within the limit, or the connection ended.</summary>
    /// <param name="connection">A connection to the node that changed the schema.</param>
    /// <param name="ask">A source that may know better than the node; null as its answer: it does not.</param>
    /// <param name="isUp">Whether a node counts: those that are down tell an old version for ever.</param>
    /// <param name="limit">How long to wait; zero looks once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<bool> WaitAsync(
        CqlConnection connection, Func<CancellationToken, Task<bool?>> ask, Func<HostId, bool> isUp, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                if (await ask(cancellationToken).ConfigureAwait(false) ?? await IsAgreedAsync(connection, isUp, limit, cancellationToken).ConfigureAwait(false))
                {
                    return true;
                }
            }
            catch (Exception error) when (error is CqlConnectionException or TimeoutException)
            {
                return false;
            }

            if (time.GetElapsedTime(start) + Poll > limit)
            {
                return false;
            }

            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> IsAgreedAsync(CqlConnection connection, Func<HostId, bool> isUp, TimeSpan limit, CancellationToken cancellationToken)
    {
        var timeout = limit > Poll ? limit : Poll;
        var local = connection.QueryAsync("SELECT schema_version FROM system.local WHERE key = 'local'", ConsistencyLevel.One, timeout, cancellationToken);
        var peers = connection.QueryAsync("SELECT host_id, schema_version FROM system.peers", ConsistencyLevel.One, timeout, cancellationToken);
        await Task.WhenAll(local, peers).ConfigureAwait(false);
        var own = await local.ConfigureAwait(false);
        var others = await peers.ConfigureAwait(false);
        var version = own.Count > 0 ? own.Guid(0, "schema_version") : null;
        for (var row = 0; row < others.Count; row++)
        {
            if (others.Guid(row, "host_id") is { } id && id != Guid.Empty && isUp(new HostId(id)) && others.Guid(row, "schema_version") is { } other && other != version)
            {
                return false;
            }
        }

        return version is not null;
    }
}
