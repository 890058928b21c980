using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>Changed copies of statements. Each method leaves its argument as it is and returns a copy.</summary>
public static class StatementExtensions
{
    /// <summary>A copy with a consistency level of its own.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="consistency">How many replicas must answer.</param>
    public static T WithConsistency<T>(this T statement, ConsistencyLevel consistency)
        where T : Statement => Copy(statement, Check(statement).Options with { Consistency = consistency });

    /// <summary>A copy with a serial consistency level of its own, for its conditional part.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="consistency"><see cref="ConsistencyLevel.Serial"/> or <see cref="ConsistencyLevel.LocalSerial"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another level.</exception>
    public static T WithSerialConsistency<T>(this T statement, ConsistencyLevel consistency)
        where T : Statement
    {
        if (consistency is not (ConsistencyLevel.Serial or ConsistencyLevel.LocalSerial))
        {
            throw new ArgumentOutOfRangeException(nameof(consistency), consistency, "A serial consistency level is Serial or LocalSerial.");
        }

        return Copy(statement, Check(statement).Options with { SerialConsistency = consistency });
    }

    /// <summary>A copy with a page size of its own.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="rows">Rows a page at most, at least 1; <see cref="int.MaxValue"/> asks for everything at once.</param>
    public static T WithPageSize<T>(this T statement, int rows)
        where T : Statement
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        return Copy(statement, Check(statement).Options with { PageSize = rows });
    }

    /// <summary>A copy that goes on reading where an earlier page ended.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement, the same as gave the state, with the same values.</param>
    /// <param name="pagingState">Where to go on; null means from the start.</param>
    public static T WithPagingState<T>(this T statement, PagingState? pagingState)
        where T : Statement => Copy(statement, Check(statement).Options with { PagingState = pagingState });

    /// <summary>A copy with a write timestamp.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="microseconds">Microseconds since 1970-01-01T00:00:00Z.</param>
    public static T WithTimestamp<T>(this T statement, long microseconds)
        where T : Statement => Copy(statement, Check(statement).Options with { Timestamp = microseconds });

    /// <summary>A copy with a timeout of its own.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="timeout">The limit over the whole request, retries included; more than zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    public static T WithTimeout<T>(this T statement, TimeSpan timeout)
        where T : Statement
    {
        if (timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        }

        return Copy(statement, Check(statement).Options with { Timeout = timeout });
    }

    /// <summary>A copy marked as idempotent or not: whether it may be executed again when the outcome is unknown.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="isIdempotent">Whether executing it twice does no harm.</param>
    public static T WithIdempotence<T>(this T statement, bool isIdempotent)
        where T : Statement => Copy(statement, Check(statement).Options with { IsIdempotent = isIdempotent });

    /// <summary>A copy that asks the server for a trace; see <see cref="CqlSession.GetTraceAsync"/>.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="isTraced">Whether to trace.</param>
    public static T WithTracing<T>(this T statement, bool isTraced = true)
        where T : Statement => Copy(statement, Check(statement).Options with { IsTraced = isTraced });

    /// <summary>A copy executed in a keyspace of its own. Needs protocol v5; on v4 executing it is an error.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="keyspace">The name, unquoted.</param>
    public static T WithKeyspace<T>(this T statement, string keyspace)
        where T : Statement
    {
        ArgumentException.ThrowIfNullOrEmpty(keyspace);
        return Copy(statement, Check(statement).Options with { Keyspace = keyspace });
    }

    /// <summary>A copy for which the server takes a given time as now. Needs protocol v5; on v4 executing it is an error.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="seconds">Seconds since 1970-01-01T00:00:00Z.</param>
    public static T WithNowInSeconds<T>(this T statement, int seconds)
        where T : Statement => Copy(statement, Check(statement).Options with { NowInSeconds = seconds });

    /// <summary>A copy with a custom payload for the server's query handler.</summary>
    /// <typeparam name="T">The kind of statement.</typeparam>
    /// <param name="statement">The statement.</param>
    /// <param name="payload">Bytes by key; null for none; copied.</param>
    public static T WithCustomPayload<T>(this T statement, IReadOnlyDictionary<string, byte[]?>? payload)
        where T : Statement => Copy(statement, Check(statement).Options with { CustomPayload = payload?.ToImmutableDictionary(entry => entry.Key, entry => entry.Value?.ToArray()) });

    private static T Check<T>(T statement)
        where T : Statement
    {
        ArgumentNullException.ThrowIfNull(statement);
        return statement;
    }

    private static T Copy<T>(T statement, StatementOptions options)
        where T : Statement => (T)statement.CopyWith(options);
}
