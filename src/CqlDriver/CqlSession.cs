using CqlDriver.Execution;

namespace CqlDriver;

/// <summary>
/// Executes statements on a cluster. One session is enough for an application: it is thread-safe, keeps a connection pool to
/// each node, and follows the cluster as it changes. Dispose it at the end.
/// </summary>
/// <remarks>
/// <para>The <see cref="ValueTask{TResult}"/>s that it returns are awaited once, and directly. The values of a statement are
/// encoded before the method returns: what happens to the caller's objects afterwards changes nothing.</para>
/// <para>Disposing ends what is under way with <see cref="SessionClosedException"/>, then closes the session's connections, and the
/// cluster too when the session created it; afterwards no socket, timer or task of the session is alive. Later calls throw
/// <see cref="ObjectDisposedException"/>.</para>
/// <example>
/// <code>
/// await using var session = await CqlSession.ConnectAsync("Contact Points=127.0.0.1");
/// var insert = await session.PrepareAsync("INSERT INTO shop.orders (id, item, amount) VALUES (?, ?, ?)");
/// await session.ExecuteAsync(insert, (Guid.NewGuid(), "tea", 3));
/// await foreach (var row in await session.ExecuteAsync("SELECT item, amount FROM shop.orders"))
/// {
///     Console.WriteLine($"{row.Get&lt;string&gt;("item")}: {row.Get&lt;int&gt;("amount")}");
/// }
/// </code>
/// </example>
/// </remarks>
public sealed class CqlSession : IAsyncDisposable
{
    private readonly RequestExecutor _executor;
    private readonly bool _ownsCluster;

    internal CqlSession(CqlCluster cluster, RequestExecutor executor, bool ownsCluster)
    {
        Cluster = cluster;
        _executor = executor;
        _ownsCluster = ownsCluster;
    }

    /// <summary>The cluster that the session is connected to.</summary>
    public CqlCluster Cluster { get; }

    /// <summary>The keyspace now: that of the options, or of the last <c>USE</c> executed. Null: none.</summary>
    public string? Keyspace => _executor.Keyspace;

    internal RequestExecutor Executor => _executor;

    /// <summary>Connects to a cluster of its own, which is closed with the session.</summary>
    /// <param name="options">How to reach the cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlConfigurationException">Options that cannot be used; lists them all.</exception>
    /// <exception cref="CqlConnectionException">No contact point answered, or no node became usable, within the limit; says why for each.</exception>
    /// <exception cref="CqlAuthenticationException">The cluster refused the credentials.</exception>
    public static async Task<CqlSession> ConnectAsync(CqlClusterOptions options, CancellationToken cancellationToken = default)
    {
        var cluster = CqlCluster.Create(options);
        try
        {
            return await cluster.ConnectAsync(options.Keyspace, ownsCluster: true, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Connects to a cluster of its own, which is closed with the session.</summary>
    /// <param name="connectionString">Such as <c>Contact Points=10.0.0.1,10.0.0.2;Local Datacenter=dc1;Keyspace=shop</c>; see <see cref="CqlClusterOptions.Parse"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlConfigurationException">Options that cannot be used; lists them all.</exception>
    /// <exception cref="CqlConnectionException">No contact point answered, or no node became usable, within the limit; says why for each.</exception>
    /// <exception cref="CqlAuthenticationException">The cluster refused the credentials.</exception>
    public static Task<CqlSession> ConnectAsync(string connectionString, CancellationToken cancellationToken = default) =>
        ConnectAsync(CqlClusterOptions.Parse(connectionString), cancellationToken);

    /// <summary>Executes a statement given as text, without values.</summary>
    /// <param name="cql">The text.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync(string cql, CancellationToken cancellationToken = default) =>
        _executor.ExecuteAsync(new SimpleStatement(cql), cancellationToken);

    /// <summary>Executes a statement of any kind.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync(Statement statement, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return _executor.ExecuteAsync(statement, cancellationToken);
    }

    /// <summary>Executes a prepared statement with one value, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="value">Its value: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1>(PreparedStatement prepared, T1 value, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, value);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with two values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2>(PreparedStatement prepared, (T1, T2) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with three values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3>(PreparedStatement prepared, (T1, T2, T3) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with four values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3, T4>(PreparedStatement prepared, (T1, T2, T3, T4) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3, values.Item4);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with five values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3, T4, T5>(PreparedStatement prepared, (T1, T2, T3, T4, T5) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3, values.Item4, values.Item5);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with six values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3, T4, T5, T6>(PreparedStatement prepared, (T1, T2, T3, T4, T5, T6) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3, values.Item4, values.Item5, values.Item6);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with seven values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <typeparam name="T7">The type of value 7.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3, T4, T5, T6, T7>(PreparedStatement prepared, (T1, T2, T3, T4, T5, T6, T7) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3, values.Item4, values.Item5, values.Item6, values.Item7);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>Executes a prepared statement with eight values, without boxing and without a statement object.</summary>
    /// <typeparam name="T1">The type of value 1.</typeparam>
    /// <typeparam name="T2">The type of value 2.</typeparam>
    /// <typeparam name="T3">The type of value 3.</typeparam>
    /// <typeparam name="T4">The type of value 4.</typeparam>
    /// <typeparam name="T5">The type of value 5.</typeparam>
    /// <typeparam name="T6">The type of value 6.</typeparam>
    /// <typeparam name="T7">The type of value 7.</typeparam>
    /// <typeparam name="T8">The type of value 8.</typeparam>
    /// <param name="prepared">The statement.</param>
    /// <param name="values">Its values, in order: null deletes.</param>
    /// <param name="cancellationToken">Gives the request up: before it is written nothing is sent, afterwards the answer is not waited for.</param>
    /// <returns>The result; await it once.</returns>
    /// <exception cref="CqlValueException">A value does not fit its parameter; nothing was sent.</exception>
    /// <exception cref="RequestException">The request failed; the subtype says how.</exception>
    public ValueTask<RowSet> ExecuteAsync<T1, T2, T3, T4, T5, T6, T7, T8>(PreparedStatement prepared, (T1, T2, T3, T4, T5, T6, T7, T8) values, CancellationToken cancellationToken = default)
    {
        var request = _executor.Rent(prepared);
        try
        {
            ParameterValues.Write(prepared.Core, request.Content.Values, values.Item1, values.Item2, values.Item3, values.Item4, values.Item5, values.Item6, values.Item7, values.Item8);
        }
        catch
        {
            _executor.GiveBack(request);
            throw;
        }

        return _executor.Start(request, cancellationToken);
    }

    /// <summary>
    /// Prepares a statement. Preparing the same text again gives the same statement without asking the cluster; calls for one
    /// text that run at the same time share one request.
    /// </summary>
    /// <param name="cql">The text, with <c>?</c> or <c>:name</c> for its parameters.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="RequestException">The statement cannot be prepared, or no node answered.</exception>
    public Task<PreparedStatement> PrepareAsync(string cql, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        return _executor.PrepareAsync(cql, cancellationToken);
    }

    /// <summary>Reads the trace of a request that asked for one. Traces are written late: it is looked for until it is complete.</summary>
    /// <param name="tracingId">What <see cref="ExecutionInfo.TracingId"/> told.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CqlException">The trace was not complete within 10 s.</exception>
    public Task<QueryTrace> GetTraceAsync(Guid tracingId, CancellationToken cancellationToken = default) =>
        QueryTrace.ReadAsync(this, tracingId, Cluster.Settings.Time, cancellationToken);

    /// <summary>Closes the session; safe to call more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        if (_ownsCluster)
        {
            await Cluster.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes the session alone.</summary>
    internal async ValueTask CloseAsync()
    {
        await _executor.DisposeAsync().ConfigureAwait(false);
        Cluster.Remove(this);
    }
}
