using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>
/// Prepares the statements that a session uses most on a connection that no request sees yet, so that the first requests
/// there do not have to. Thread-safe.
/// </summary>
internal sealed class StatementWarmer(int limit, TimeProvider time) : IConnectionWarmer
{
    private PreparedStatements? _statements;

    /// <summary>Names the session's statements; before that there are none.</summary>
    public void Serve(PreparedStatements statements) => Volatile.Write(ref _statements, statements);

    public async Task<(int Left, TimeSpan? RoundTrip)> WarmAsync(IPooledConnection connection, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _statements) is not { } statements)
        {
            return (0, null);
        }

        var hot = statements.MostUsed(limit);
        var began = time.GetTimestamp();
        for (var done = 0; done < hot.Count; done++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await statements.TryPrepareOnAsync((CqlConnection)connection, hot[done]).ConfigureAwait(false))
            {
                return (hot.Count - done, done == 0 ? null : time.GetElapsedTime(began) / done);
            }
        }

        return (0, hot.Count == 0 ? null : time.GetElapsedTime(began) / hot.Count);
    }
}
