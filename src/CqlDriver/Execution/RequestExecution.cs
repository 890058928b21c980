using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Tasks.Sources;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Topology;
using CqlDriver.Types;

namespace CqlDriver.Execution;

/// <summary>
/// One request from <c>ExecuteAsync</c> to its result: the value-task source its caller awaits, what is to be sent, the
/// attempt under way, and the work item that handles its answer. Pooled; nothing is allocated in steady state.
/// </summary>
/// <remarks>
/// <para>Who may act on it is one word (see <see cref="ConnectionRequest"/>). In the states Idle and Answered it belongs to the
/// one thread that handles it; in Queued, Written and Waiting whoever moves the word owns what follows: the write loop, the read
/// loop, the sweep of deadlines, a cancellation, the closing session.</para>
/// <para>A cancellation or a closing that comes while a thread handles the request finds nothing to move. So that thread looks
/// for both after it has moved the word on (<see cref="IsToStop"/>): either side sees the other.</para>
/// <para>Only a request that ended well, and whose cancellation registration is certainly gone, is pooled again.</para>
/// </remarks>
internal sealed class RequestExecution : ConnectionRequest, IValueTaskSource<RowSet>, IThreadPoolWorkItem
{
    private const int MaxRefusals = 3;

    private readonly RequestExecutor _executor;
    private readonly RequestRegistry _registry;
    private ManualResetValueTaskSourceCore<RowSet> _source;
    private Answer _answer;
    private AttemptHistory _history;
    private AttemptCourse _course;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private Exception? _error;
    private IRetryDecider? _decider;
    private RequestDeadline _deadline;

    public RequestExecution(RequestExecutor executor, RequestRegistry registry)
    {
        _executor = executor;
        _registry = registry;
        _source.RunContinuationsAsynchronously = false;
    }

    /// <summary>What is to be sent. Filled before <see cref="Start"/>, constant until the end.</summary>
    public RequestContent Content { get; } = new();

    /// <summary>The place in the registry's list; owned by the registry.</summary>
    public int RegistryIndex { get; set; } = -1;

    /// <summary>Whether somebody waits for it. One that is just being handled counts: it may be sent again and wait once more.</summary>
    public bool IsUnderWay => Current.State is not (RequestState.Idle or RequestState.Settled);

    public CancellationToken Cancellation => _cancellation;

    /// <summary>The node and connection of the attempt under way.</summary>
    public ref readonly AttemptCourse Course => ref _course;

    /// <summary>Sends the request on its way. The caller has filled <see cref="Content"/> and owns the request.</summary>
    public ValueTask<RowSet> Start(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _deadline.Begin(Current, timeout);
        _cancellation = cancellationToken;
        var version = _source.Version;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((RequestExecution)state!).Cancel(token), this);
        }

        _executor.Plan(Content, ref _course);
        Dispatch(Current, onSameNode: false);
        _registry.EnsureSweeping();
        return new ValueTask<RowSet>(this, version);
    }

    /// <summary>Looks at the deadline, for the sweep. True: the request is under way and goes on.</summary>
    public bool IsUnderWayAt(long now)
    {
        var seen = Current;
        if (seen.State is RequestState.Idle or RequestState.Settled)
        {
            return false;
        }

        // Looked at after the word: if it belongs to a later life of this object the move below fails.
        if (!_deadline.IsOver(seen, now, _registry, out var timeout) || seen.State == RequestState.Answered)
        {
            return true;
        }

        var stage = seen.State switch
        {
            RequestState.Waiting => RequestStage.Waiting,
            RequestState.Queued => RequestStage.Queued,
            _ => RequestStage.InFlight,
        };
        var node = _course.Node;
        return !TryGiveUp(seen, new RequestTimeoutException(timeout, stage, node?.Endpoint, node?.HostId));
    }

    /// <summary>Ends the request because its session closes. False: it is being handled, and looks for itself.</summary>
    public bool FailClosed()
    {
        var seen = Current;
        return seen.State is RequestState.Queued or RequestState.Written or RequestState.Waiting
            && TryGiveUp(seen, new SessionClosedException(seen.State == RequestState.Written));
    }

    /// <summary>A waiting request tries again. False: it is not waiting any more.</summary>
    public bool Resume()
    {
        var seen = Current;
        if (seen.State != RequestState.Waiting || !TryMove(seen, seen.With(RequestState.Answered)))
        {
            return false;
        }

        _executor.Plan(Content, ref _course);
        Dispatch(seen.With(RequestState.Answered), onSameNode: false);
        return true;
    }

    RowSet IValueTaskSource<RowSet>.GetResult(short token)
    {
        _ = _source.GetStatus(token);           // a stale token throws before anything is touched
        var rows = _source.GetResult(token);    // a failure throws here, and the object goes to the garbage collector
        if (_registration.Unregister() || !_cancellation.CanBeCanceled)
        {
            Recycle();
        }
        else
        {
            _registry.Forget(this);
        }

        return rows;
    }

    ValueTaskSourceStatus IValueTaskSource<RowSet>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<RowSet>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Tells the caller of an end that was decided elsewhere than on a pool thread.</summary>
    void IThreadPoolWorkItem.Execute() => _source.SetException(_error!);

    internal override void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection) =>
        _course.SentLayout = Content.Encode(buffer, stream, connection);

    internal override bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        if (!TryMove(claimed, claimed.With(RequestState.Answered)))
        {
            return false;
        }

        _answer.Set(header, body, ref owned);
        return true;
    }

    internal override bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten)
    {
        if (!TryMove(token, token.With(RequestState.Answered)))
        {
            return false;
        }

        _answer.SetConnectionEnd(reason, mayHaveBeenWritten);
        return true;
    }

    internal override void Complete()
    {
        Debug.Assert(Current.State == RequestState.Answered, "An answer is handled by whoever took it.");
        var node = _course.Node!;
        if (_answer.IsPlainVoid)
        {
            Succeed(_history.IsEmpty && !_course.WasForwarded
                ? _executor.VoidResultOf(node)
                : new RowSet(new ExecutionInfo(node) { EarlierAttempts = _history.ToImmutable(), WasForwarded = _course.WasForwarded }));
            return;
        }

        try
        {
            if (_answer.ConnectionEnd is { } reason)
            {
                OnConnectionEnd(node, reason);
            }
            else
            {
                _executor.Answers.Handle(this, ref _answer);
            }
        }
        catch (CqlProtocolException error)
        {
            _course.Connection!.Close(error);
            Fail(error);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Fail(error);
        }
    }

    /// <summary>Ends the request well. The caller owns it, and touches it no more.</summary>
    public void Succeed(RowSet rows)
    {
        var mine = Current;
        _answer.Release();
        if (!TryMove(mine, mine.With(RequestState.Settled)))
        {
            rows.Dispose();
            return;
        }

        _executor.OnRequestEnded();
        _source.SetResult(rows);
    }

    /// <summary>Ends the request with an error. The caller owns it, and touches it no more.</summary>
    public void Fail(Exception error)
    {
        var mine = Current;
        _answer.Release();
        if (!TryMove(mine, mine.With(RequestState.Settled)))
        {
            return;
        }

        if (error is RequestException { EarlierAttempts.IsEmpty: true } failure and not NoNodeAvailableException)
        {
            failure.SetHistory(_history.ToImmutable());
        }

        _registration.Unregister();
        _registry.Forget(this);
        _executor.OnRequestEnded();
        _source.SetException(error);
    }

    /// <summary>What was tried before the answer.</summary>
    public ImmutableArray<AttemptFailure> EarlierAttempts => _history.ToImmutable();

    /// <summary>A node answered with an error or its connection was lost: asks the policy, unless there is nothing to decide.</summary>
    public void OnAttemptFailed(RequestException error)
    {
        var node = _course.Node!;
        if (error.MayHaveBeenExecuted && !Content.IsIdempotent)
        {
            Fail(error);
            return;
        }

        var decision = error is ServerException { Code: ServerErrors.Bootstrapping }
            ? RetryDecision.RetryNextNode
            : (_decider ??= _executor.Settings.Options.Retry.CreateDecider()).Decide(new FailedAttempt(error, Current.Attempt, Content.IsIdempotent, Content.Consistency));
        switch (decision)
        {
            case RetryDecision.RetrySameNode:
            case RetryDecision.RetryNextNode:
                _history.Add(node, error, error.MayHaveBeenExecuted);
                _answer.Release();
                Dispatch(Current, onSameNode: decision == RetryDecision.RetrySameNode);
                break;
            case RetryDecision.Ignore:
                _history.Add(node, error, error.MayHaveBeenExecuted);
                Succeed(new RowSet(new ExecutionInfo(node) { EarlierAttempts = _history.ToImmutable() }));
                break;
            default:
                Fail(error);
                break;
        }
    }

    /// <summary>The attempt waits for something that is no connection; <see cref="TryEndPause"/> takes it up again.</summary>
    public RequestToken Pause()
    {
        var mine = Current;
        var waiting = mine.With(RequestState.Waiting);
        _answer.Release();
        TryMove(mine, waiting);
        if (IsToStop(waiting, out var error))
        {
            TryGiveUp(waiting, error);
        }

        return waiting;
    }

    /// <summary>Takes a paused attempt up again. False: it ended meanwhile.</summary>
    public bool TryEndPause(RequestToken waiting) => TryMove(waiting, waiting.With(RequestState.Answered));

    /// <summary>Sends the same request again. The caller owns it, and touches it no more.</summary>
    public void SendAgain(bool onSameNode)
    {
        _answer.Release();
        Dispatch(Current, onSameNode);
    }

    /// <summary>Sends the request again by a plan of what is known now; where it was refused it goes only if that is said to be right.</summary>
    public void SendElsewhere(ServerException error)
    {
        var refused = _course.Node!;
        _history.Add(refused, error, mayHaveBeenExecuted: false);
        _executor.Plan(Content, ref _course);
        _course.Avoid(refused.Ordinal);
        Dispatch(Current, onSameNode: false);
    }

    /// <summary>Whether the request may go to another replica because one says that it is none: once.</summary>
    public bool TryReroute() => _course.TryReroute();

    /// <summary>Whether a statement may be prepared anew once more on this node: each one of the request once.</summary>
    public bool TryPrepareAgain() => _course.PreparedAgain++ < Math.Max(1, Content.Batched.Count);

    /// <summary>Hands the request to a connection of the plan. The caller owns it, and touches it no more.</summary>
    private void Dispatch(RequestToken mine, bool onSameNode)
    {
        var isFull = false;
        var refusals = 0;
        while (_course.TryNext(_executor.View, onSameNode, ref _history, out var connection))
        {
            onSameNode = false;
            if (Content.WhyNotOn(connection.Facts) is { } obstacle)
            {
                _history.AddSkipped(_course.Node!, obstacle);
                continue;
            }

            var queued = mine.NextAttempt(RequestState.Queued);
            TryMove(mine, queued);
            if (IsToStop(queued, out var error))
            {
                TryGiveUp(queued, error);
                return;
            }

            var (tally, since) = _course.TakeForwarding();
            var outcome = connection.TryEnqueue(this);
            if (outcome == EnqueueResult.Taken)
            {
                // Nothing else is looked at: the request may be another one by now.
                tally?.Add(_executor.Settings.Time.GetElapsedTime(since));
                return;
            }

            mine = queued.With(RequestState.Answered);
            if (!TryMove(queued, mine))
            {
                return;
            }

            isFull |= outcome == EnqueueResult.Full;
            onSameNode = outcome == EnqueueResult.Closed && ++refusals <= MaxRefusals;
            if (onSameNode)
            {
                _course.TryForward(_executor.Settings.Time.GetTimestamp());
            }
        }

        OnPlanExhausted(mine, isFull);
    }

    private void OnPlanExhausted(RequestToken mine, bool isFull)
    {
        if (!isFull)
        {
            // Not on the caller's thread: an error is told the same way as an answer.
            Settle(mine, new NoNodeAvailableException(_history.ToImmutable()));
            return;
        }

        if (_executor.Settings.Options.Backpressure == BackpressureMode.FailFast || !_executor.Waiting.TryReserve())
        {
            Settle(mine, new TooManyRequestsException(_executor.Waiting.Count));
            return;
        }

        var waiting = mine.With(RequestState.Waiting);
        TryMove(mine, waiting);
        _history.Clear();
        _executor.Waiting.Add(this);
        if (IsToStop(waiting, out var error))
        {
            TryGiveUp(waiting, error);
        }
    }

    private void OnConnectionEnd(Node node, Exception reason)
    {
        if (_answer.MayHaveBeenWritten)
        {
            OnAttemptFailed(new ConnectionLostException(node.Endpoint, node.HostId, mayHaveBeenExecuted: true, reason));
            return;
        }

        _answer.Release();
        if (_course.TryForward(_executor.Settings.Time.GetTimestamp()))
        {
            Dispatch(Current, onSameNode: true);
            return;
        }

        _history.Add(node, reason, mayHaveBeenExecuted: false);
        Dispatch(Current, onSameNode: false);
    }

    private void Cancel(CancellationToken token)
    {
        while (true)
        {
            var seen = Current;
            if (seen.State is not (RequestState.Queued or RequestState.Written or RequestState.Waiting))
            {
                return;
            }

            if (TryGiveUp(seen, new OperationCanceledException(token)))
            {
                return;
            }
        }
    }

    // A first attempt has its whole time before it: the clock is read for the following ones only.
    private bool IsToStop(RequestToken mine, out Exception error)
    {
        error = _cancellation.IsCancellationRequested ? new OperationCanceledException(_cancellation)
            : _executor.IsClosing ? new SessionClosedException(mayHaveBeenExecuted: false)
            : mine.Attempt > 1 && _deadline.IsOver(_registry) ? new RequestTimeoutException(_deadline.Timeout, RequestStage.Waiting, null, null)
            : null!;
        return error is not null;
    }

    /// <summary>Ends a request that is under way, from any thread. A written one keeps its stream id until its answer.</summary>
    private bool TryGiveUp(RequestToken seen, Exception error)
    {
        var connection = seen.State == RequestState.Written ? _course.Connection : null;
        if (!Settle(seen, error))
        {
            return false;
        }

        if (connection is not null)
        {
            _executor.StreamOwner(connection, _course.Node!).NoteOrphan();
        }

        return true;
    }

    private bool Settle(RequestToken seen, Exception error)
    {
        if (!TryMove(seen, seen.With(RequestState.Settled)))
        {
            return false;
        }

        if (error is RequestException failure and not NoNodeAvailableException)
        {
            failure.SetHistory(_history.ToImmutable());
        }

        _error = error;
        _registry.Forget(this);
        _executor.OnRequestEnded();
        _executor.Post(this);
        return true;
    }

    private void Recycle()
    {
        _registration = default;
        _cancellation = default;
        _course.Clear();
        _history.Clear();
        _decider?.Reset();
        Content.Clear();
        _source.Reset();
        Reset(Current.NextVersion());
        _registry.Return(this);
    }
}
