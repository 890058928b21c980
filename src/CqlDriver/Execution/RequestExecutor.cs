using CqlDriver.Connections;
using CqlDriver.Diagnostics;
using CqlDriver.Effects;
using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Schema;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Execution;

/// <summary>
/// What a session executes with: it fills, starts and ends requests. Any thread may call it.
/// </summary>
/// <remarks>
/// <para>A request: <see cref="ExecuteAsync"/> rents a pooled <see cref="RequestExecution"/>, encodes the statement's values
/// into it and starts it. From there the request walks by itself: it takes a plan from the session's <see cref="RoutingView"/>,
/// enqueues itself on a connection, whose write loop encodes it into the socket's buffer and whose read loop hands it its
/// answer; on a pool thread it settles, prepares anew, or goes to the next node (<see cref="AnswerHandling"/>).</para>
/// <para>What is bounded by what: requests in flight by the connections' stream ids, those that wait by the options; time by
/// one sweep over all requests (<see cref="RequestRegistry"/>); background tasks by request timeouts and by their owner.</para>
/// <para>Closing: new requests are refused, those under way end with <see cref="SessionClosedException"/>, background tasks end,
/// the pools close their connections, the sweep stops.</para>
/// </remarks>
internal sealed class RequestExecutor : IAsyncDisposable
{
    private const int ReleasedBySweep = 64;

    // Timestamps end in all digits alike: a counter that every request writes would cost more than it tells.
    private const int UseSample = 63;

    private readonly SessionPools _pools;
    private readonly SimulatedPosting? _simulated;
    private readonly RequestRegistry _registry;
    private readonly VoidResults _voidResults = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestDefaults _plainDefaults;
    private int _isClosing;

    /// <param name="settings">The cluster's options.</param>
    /// <param name="pools">The session's pools.</param>
    /// <param name="warmer">Prepares the session's statements where they will be needed; null: nobody does.</param>
    /// <param name="simulated">In a simulation: what else runs what is posted. Null: the thread pool.</param>
    public RequestExecutor(ClusterSettings settings, SessionPools pools, StatementWarmer? warmer = null, SimulatedPosting? simulated = null)
    {
        _simulated = simulated;
        Settings = settings;
        _plainDefaults = new RequestDefaults(
            settings.Options.Consistency, settings.Options.SerialConsistency, settings.Options.PageSize, settings.Options.DefaultIdempotence);
        _pools = pools;
        Logger = settings.Options.LoggerFactory.CreateLogger("CqlDriver.Execution");
        Background = new BackgroundTasks(Logger);
        Waiting = new WaitingRequests(settings.Options.MaxWaitingRequests);
        Answers = new AnswerHandling(this);
        Tablets = new TabletAnswers(this);
        Prepared = new PreparedStatements(this);
        warmer?.Serve(Prepared);
        _registry = new RequestRegistry(registry => new RequestExecution(this, registry), ReleaseWaiting, settings.Time, simulated?.SweepPeriod);
    }

    public ClusterSettings Settings { get; }

    public ILogger Logger { get; }

    public BackgroundTasks Background { get; }

    public WaitingRequests Waiting { get; }

    public AnswerHandling Answers { get; }

    public TabletAnswers Tablets { get; }

    public PreparedStatements Prepared { get; }

    public RoutingView View => _pools.View;

    public string? Keyspace => _pools.Keyspace;

    /// <summary>Set before requests under way are ended; a request looks at it after each move it makes by itself.</summary>
    public bool IsClosing => Volatile.Read(ref _isClosing) != 0;

    /// <summary>Cancelled when the session closes.</summary>
    public CancellationToken Closing => _closing.Token;

    public ValueTask<RowSet> ExecuteAsync(Statement statement, CancellationToken cancellationToken)
    {
        var request = Rent();
        try
        {
            StatementEncoding.Fill(request.Content, statement, Settings.Options.Codecs);
        }
        catch
        {
            GiveBack(request);
            throw;
        }

        return Start(request, cancellationToken);
    }

    /// <summary>A request to be filled.</summary>
    public RequestExecution Rent()
    {
        CheckOpen();
        return _registry.Rent();
    }

    /// <summary>A request for a prepared statement, whose values the caller writes.</summary>
    public RequestExecution Rent(PreparedStatement prepared)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        var request = Rent();
        request.Content.SetExecute(prepared.Core, prepared.Options);
        return request;
    }

    /// <summary>Takes back a request that was not started.</summary>
    public void GiveBack(RequestExecution request)
    {
        request.Content.Clear();
        _registry.Return(request);
    }

    /// <summary>Sends a filled request on its way.</summary>
    public ValueTask<RowSet> Start(RequestExecution request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            GiveBack(request);
            return ValueTask.FromCanceled<RowSet>(cancellationToken);
        }

        var options = request.Content.Options;
        var timestamp = options.Timestamp ?? Settings.Timestamps.Next();
        if ((timestamp & UseSample) == 0)
        {
            request.Content.Prepared?.NoteUse();
        }

        if (ReferenceEquals(options, StatementOptions.Default))
        {
            request.Content.Resolve(_plainDefaults, timestamp);
            return request.Start(Settings.Options.RequestTimeout, cancellationToken);
        }

        var defaults = _plainDefaults;
        request.Content.Resolve(
            new RequestDefaults(
                options.Consistency ?? defaults.Consistency,
                options.SerialConsistency ?? defaults.SerialConsistency,
                options.PageSize ?? defaults.PageSize,
                options.IsIdempotent ?? defaults.IsIdempotent),
            timestamp);
        return request.Start(options.Timeout ?? Settings.Options.RequestTimeout, cancellationToken);
    }

    public Task<PreparedStatement> PrepareAsync(string cql, CancellationToken cancellationToken)
    {
        CheckOpen();
        return Prepared.PrepareAsync(cql, cancellationToken);
    }

    /// <summary>Makes the plan of a request, by what is known of its partition now.</summary>
    public void Plan(RequestContent content, ref AttemptCourse course)
    {
        var view = View;
        if (content is not { Kind: RequestKind.Execute, Prepared: { Scope: not null } prepared })
        {
            course.Begin(view, new RoutingRequest { Consistency = content.Consistency, IsConditional = content.IsConditional });
            return;
        }

        if (prepared.RoutingIn(view.Metadata.Routing) is { } table && RoutingKeys.TryHash(prepared, content.EncodedValues, out var token))
        {
            var replicas = table.Find(token);
            content.SetTablet(new TabletKnowledge(HasToken: true, replicas?.Version));
            course.Begin(view, new RoutingRequest
            {
                Replicas = replicas,
                IsLed = table.IsStronglyConsistent,
                Token = token,
                Consistency = content.Consistency,
                IsConditional = content.IsConditional,
            });
            return;
        }

        content.SetTablet(new TabletKnowledge(HasToken: true, Version: null));
        course.Begin(view, new RoutingRequest { Consistency = content.Consistency, IsConditional = content.IsConditional });
    }

    public ClusterTopology Topology => _pools.Topology;

    public RowSet VoidResultOf(Node node) => _voidResults.Of(node);

    /// <summary>Called once for each request that has ended: one that waits may go on.</summary>
    public void OnRequestEnded()
    {
        if (Waiting.Count > 0)
        {
            Waiting.Release();
        }
    }

    /// <summary>An end that was decided elsewhere than on a pool thread is told on one.</summary>
    public void Post(IThreadPoolWorkItem ended)
    {
        if (_simulated is null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(ended, preferLocal: false);
        }
        else
        {
            _simulated.Post(ended);
        }
    }

    /// <summary>
    /// Whose stream id a request that is given up had: the connection's that it was written on, whatever became of its pool.
    /// Nothing is looked up by node, but in a simulation that shows what would come of that (race 4).
    /// </summary>
    public IPooledConnection StreamOwner(IPooledConnection written, Node node) =>
        _simulated is { IsStreamOwnerLookedUp: true } && View.PoolOf(node.Ordinal) is { } pool && pool.TryPick(null, out var other) ? other : written;

    public Task MoveToKeyspaceAsync(string keyspace) => _pools.SwitchKeyspaceAsync(keyspace, Closing);

    /// <summary>
    /// Waits until the nodes agree on the schema and the driver has read it, so that whoever changed it sees the change at once.
    /// Within one limit; false: they do not agree.
    /// </summary>
    public async Task<bool> WaitForSchemaAgreementAsync(CqlConnection connection)
    {
        var limit = Settings.Options.SchemaAgreementTimeout;
        var start = Settings.Time.GetTimestamp();
        var isAgreed = await SchemaAgreement.WaitAsync(connection, _pools.CheckSchemaAgreementAsync, IsUp, limit, Settings.Time, Closing).ConfigureAwait(false);
        if (!isAgreed)
        {
            Logger.SchemaNotAgreed(limit);
        }

        var left = limit - Settings.Time.GetElapsedTime(start);
        if (left > TimeSpan.Zero)
        {
            await ReadSchemaAsync(left).ConfigureAwait(false);
        }

        return isAgreed;

        bool IsUp(HostId hostId) => View.Metadata.TryGetNode(hostId, out var node) && node.IsUp;
    }

    /// <summary>The statement was executed, whatever comes of this; an event asks for a reading too.</summary>
    private async Task ReadSchemaAsync(TimeSpan limit)
    {
        try
        {
            await _pools.RefreshSchemaAsync(limit, Closing).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or CqlException or ObjectDisposedException)
        {
            Logger.SchemaNotRead(limit, error.Message);
        }
    }

    /// <summary>Closes once; every caller waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) == 0)
        {
            _ = CloseOnceAsync();
        }

        return new ValueTask(_closed.Task);
    }

    /// <summary>In a simulation, whose steps are not tasks: what closing does before the pools are closed.</summary>
    internal void StopRequests()
    {
        Interlocked.Exchange(ref _isClosing, 1);
        _registry.FailAll();
    }

    /// <summary>In a simulation: what closing does after the pools are closed.</summary>
    internal void EndRequests()
    {
        _registry.FailAll();
        _registry.Dispose();
    }

    private void CheckOpen()
    {
        if (IsClosing)
        {
            throw new ObjectDisposedException("CqlSession", "The session was closed.");
        }
    }

    private async Task CloseOnceAsync()
    {
        try
        {
            await CloseAsync().ConfigureAwait(false);
            _closed.SetResult();
        }
#pragma warning disable CA1031 // Told to everybody who disposes.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _closed.SetException(error);
        }
    }

    private async Task CloseAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _registry.FailAll();
        await Background.CloseAsync().ConfigureAwait(false);
        await _pools.DisposeAsync().ConfigureAwait(false);
        EndRequests();
        _closing.Dispose();
    }

    // A backstop: a wake-up that found nobody waiting yet is made good by the following sweeps. A few at a time, since where
    // there is no room each of them tries in vain.
    private void ReleaseWaiting() => Waiting.Release(Math.Min(Waiting.Count, ReleasedBySweep));
}

/// <summary>What a simulation puts in the place of threads.</summary>
/// <param name="Post">Runs what a pool thread would run.</param>
/// <param name="SweepPeriod">How far apart sweeps over the requests are.</param>
/// <param name="IsStreamOwnerLookedUp">The defence against race 4 is taken away.</param>
internal sealed record SimulatedPosting(Action<IThreadPoolWorkItem> Post, TimeSpan SweepPeriod, bool IsStreamOwnerLookedUp);
