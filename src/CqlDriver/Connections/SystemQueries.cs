using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>What the driver asks over a connection on its own behalf. Not for users' statements.</summary>
internal static class SystemQueries
{
    /// <summary>Runs a query without parameters and pages, and decodes all rows.</summary>
    /// <exception cref="UnexpectedAnswerException">The node answered with an error, or with something else than rows.</exception>
    public static async Task<SystemRows> QueryAsync(
        this CqlConnection connection, string cql, ConsistencyLevel consistency, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (response, raw) = await connection.AskAsync(
            (buffer, stream, facts) => RequestEncoder.Query(buffer, Head(facts, stream), cql, new QueryParameters(consistency)), timeout, cancellationToken).ConfigureAwait(false);
        return response is RowsResponse rows ? new SystemRows(rows.Rows, raw.Body) : throw new UnexpectedAnswerException(connection, cql, response);
    }

    /// <summary>Runs a statement and gives back whatever is answered but an error.</summary>
    /// <exception cref="UnexpectedAnswerException">The node answered with an error.</exception>
    public static async Task<CqlResponse> ExecuteAsync(
        this CqlConnection connection, string cql, ConsistencyLevel consistency, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (response, _) = await connection.AskAsync(
            (buffer, stream, facts) => RequestEncoder.Query(buffer, Head(facts, stream), cql, new QueryParameters(consistency)), timeout, cancellationToken).ConfigureAwait(false);
        return response is ErrorResponse ? throw new UnexpectedAnswerException(connection, cql, response) : response;
    }

    /// <summary>Switches the connection's keyspace.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="keyspace">The name, unquoted.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="cancellationToken">Gives up; whether the keyspace was switched is then unknown.</param>
    /// <exception cref="UnexpectedAnswerException">There is no such keyspace, or it may not be used.</exception>
    public static async Task UseAsync(this CqlConnection connection, string keyspace, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var cql = $"USE \"{keyspace.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var response = await connection.ExecuteAsync(cql, ConsistencyLevel.One, timeout, cancellationToken).ConfigureAwait(false);
        connection.NoteKeyspace(response is SetKeyspaceResponse set ? set.Keyspace : throw new UnexpectedAnswerException(connection, cql, response));
    }

    /// <summary>Asks the node who it is now.</summary>
    /// <exception cref="CqlConnectionException">It does not know.</exception>
    public static async Task<HostId> ReadHostIdAsync(this CqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync("SELECT host_id FROM system.local WHERE key = 'local'", ConsistencyLevel.One, timeout, cancellationToken).ConfigureAwait(false);
        return rows.Count == 1 && rows.Guid(0, "host_id") is { } value && value != Guid.Empty
            ? new HostId(value)
            : throw new CqlConnectionException($"{connection.Endpoint} does not know its own host id: system.local has {rows.Count} rows, or no host_id.", connection.Endpoint);
    }

    /// <summary>Prepares a statement on this connection's node.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="cql">The statement.</param>
    /// <param name="keyspace">v5 only; null: the connection's.</param>
    /// <param name="timeout">The limit.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UnexpectedAnswerException">The node refused it.</exception>
    public static async Task<PreparedResult> PrepareAsync(
        this CqlConnection connection, string cql, string? keyspace, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (response, _) = await connection.AskAsync(
            (buffer, stream, facts) => RequestEncoder.Prepare(buffer, Head(facts, stream), cql, keyspace), timeout, cancellationToken).ConfigureAwait(false);
        return response is PreparedResponse prepared ? prepared.Prepared : throw new UnexpectedAnswerException(connection, cql, response);
    }

    /// <summary>Asks for events; they come to the observer, the first ones possibly before this ends.</summary>
    /// <exception cref="UnexpectedAnswerException">The node does not know one of the types.</exception>
    public static async Task RegisterAsync(
        this CqlConnection connection, IReadOnlyCollection<string> eventTypes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (response, _) = await connection.AskAsync(
            (buffer, stream, facts) => RequestEncoder.Register(buffer, Head(facts, stream), eventTypes), timeout, cancellationToken).ConfigureAwait(false);
        if (response is not ReadyResponse)
        {
            throw new UnexpectedAnswerException(connection, $"REGISTER {string.Join(", ", eventTypes)}", response);
        }
    }

    /// <summary>Asks for a sign of life.</summary>
    public static async Task ProbeAsync(this CqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken) =>
        await connection.AskAsync(static (buffer, stream, facts) => RequestEncoder.Options(buffer, Head(facts, stream)), timeout, cancellationToken).ConfigureAwait(false);

    private static RequestHead Head(ConnectionFacts facts, short stream) => new(facts.Version, stream, facts.Extensions);
}

/// <summary>A node answered one of the driver's own questions with an error, or with something that is no answer to it.</summary>
internal sealed class UnexpectedAnswerException : CqlConnectionException
{
    public UnexpectedAnswerException(CqlConnection connection, string question, CqlResponse answer)
        : base(Describe(connection.Endpoint, question, answer), connection.Endpoint, connection.Facts.HostId) => Answer = answer;

    public CqlResponse Answer { get; }

    /// <summary>The server's error, if it was one.</summary>
    public ErrorResponse? Error => Answer as ErrorResponse;

    private static string Describe(NodeEndpoint endpoint, string question, CqlResponse answer) => answer is ErrorResponse error
        ? $"{endpoint} answered '{question}' with: {error.Message} (0x{(int)error.Code:X4})."
        : $"{endpoint} answered '{question}' with {answer.GetType().Name}.";
}
