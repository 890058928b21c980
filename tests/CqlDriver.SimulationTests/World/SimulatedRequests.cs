using CqlDriver.Connections;
using CqlDriver.Execution;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.SimulationTests;

/// <summary>Requests of the application, run by the driver's own attempts, and what the nodes make of them.</summary>
internal sealed class SimulatedRequests(SimulationWorld world)
{
    private const int MostActive = 24;
    private static readonly TimeSpan[] Timeouts = [TimeSpan.FromSeconds(12), TimeSpan.FromSeconds(2)];
    private static readonly StatementOptions[] Kinds =
    [
        Options(isIdempotent: true, Timeouts[0]), Options(isIdempotent: false, Timeouts[0]), Options(isIdempotent: true, Timeouts[1]), Options(isIdempotent: false, Timeouts[1]),
    ];

    private readonly List<SimulatedRequest> _active = [];

    /// <summary>Those that have not ended.</summary>
    public IReadOnlyList<SimulatedRequest> Active => _active;

    public void Start(SimulatedSession session)
    {
        if (session.IsDetaching || _active.Count >= MostActive)
        {
            return;
        }

        var options = Kinds[world.Choose(ChoicePoint.RequestKind, Kinds.Length)];
        var execution = session.Executor.Rent();
        execution.Content.SetQuery("INSERT", 0, areNamed: false, options);
        var request = new SimulatedRequest(this, session, execution, options.IsIdempotent == true, world.Now + options.Timeout!.Value);
        _active.Add(request);
        request.Await(session.Executor.Start(execution, request.Cancellation.Token));
    }

    public void CancelOne()
    {
        if (_active.Count > 0)
        {
            _active[world.Choose(ChoicePoint.Request, _active.Count)].Cancellation.Cancel();
        }
    }

    /// <summary>A request was written on a connection.</summary>
    public SimulatedRequest OnWritten(SimulatedConnection connection, ConnectionRequest written)
    {
        var request = Find(written) ?? throw new InvariantViolationException("I10", $"a request that has ended is written on {connection}");
        var node = request.Execution.Course.Node!;
        world.Describe($"  {request} for {node} is written on {connection}");
        if (connection.Peer.IsAlive && !connection.Peer.HasBeen(node.HostId))
        {
            throw new InvariantViolationException("I6", $"{request} for {node} is written on {connection}, whose peer named {Names.Short(connection.PeerNamed)}");
        }

        foreach (var staged in request.Session.Pools.State.Staged.Values)
        {
            if (staged.IndexOf(connection.Id) >= 0)
            {
                throw new InvariantViolationException("I7", $"{request} is written on {connection} of the staged pool {staged.Fence}");
            }
        }

        if (request.MayHaveBeenExecuted > 0 && !request.IsIdempotent)
        {
            throw new InvariantViolationException("I10", $"{request} is written again on {connection}, and it is not idempotent");
        }

        request.MayHaveBeenExecuted++;
        return request;
    }

    public void OnEnded(SimulatedRequest request) => _active.Remove(request);

    /// <summary>What is answered: done, or one of the errors of a node in trouble.</summary>
    public (FrameHeader Header, byte[] Body) AnswerTo(SimulatedRequest request)
    {
        switch (world.Choose(ChoicePoint.AnswerFate, 4))
        {
            case 1:
                return (Error, Overloaded);
            case 2:
                request.MayHaveBeenExecuted--;
                return (Error, Bootstrapping);
            case 3:
                return (Error, WriteTimeout);
            default:
                return (Result, Void);
        }
    }

    /// <summary>I10: nobody waits much longer than he wanted.</summary>
    public void CheckDeadlines()
    {
        foreach (var request in _active)
        {
            if (world.Now > request.Deadline + TimeSpan.FromSeconds(30))
            {
                throw new InvariantViolationException("I10", $"{request} hangs");
            }
        }
    }

    private static FrameHeader Result { get; } = new(4, IsResponse: true, FrameFlags.None, 0, Opcode.Result, 4);

    private static FrameHeader Error { get; } = new(4, IsResponse: true, FrameFlags.None, 0, Opcode.Error, 0);

    private static byte[] Void { get; } = [0, 0, 0, 1];

    private static byte[] Overloaded { get; } = Body(new ErrorResponse(CqlErrorCode.Overloaded, "overloaded"));

    private static byte[] Bootstrapping { get; } = Body(new ErrorResponse(CqlErrorCode.IsBootstrapping, "bootstrapping"));

    private static byte[] WriteTimeout { get; } = Body(new ErrorResponse(CqlErrorCode.ServerError, "it went wrong"));

    private static byte[] Body(ErrorResponse error)
    {
        using var buffer = new GrowableBuffer();
        ErrorBody.Write(buffer, error, 4);
        return buffer.WrittenSpan.ToArray();
    }

    private static StatementOptions Options(bool isIdempotent, TimeSpan timeout) =>
        StatementOptions.Default with { IsIdempotent = isIdempotent, Timeout = timeout, Timestamp = 1 };

    private SimulatedRequest? Find(ConnectionRequest written)
    {
        foreach (var request in _active)
        {
            if (ReferenceEquals(request.Execution, written))
            {
                return request;
            }
        }

        return null;
    }
}

/// <summary>One request of the application.</summary>
internal sealed class SimulatedRequest(SimulatedRequests all, SimulatedSession session, RequestExecution execution, bool isIdempotent, TimeSpan deadline)
{
    private ValueTask<RowSet> _result;

    public SimulatedSession Session { get; } = session;

    public RequestExecution Execution { get; } = execution;

    public bool IsIdempotent { get; } = isIdempotent;

    public TimeSpan Deadline { get; } = deadline;

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>How often it was written and not answered with "was not done".</summary>
    public int MayHaveBeenExecuted { get; set; }

    public bool HasEnded { get; private set; }

    public void Await(ValueTask<RowSet> result)
    {
        _result = result;
        if (result.IsCompleted)
        {
            OnEnded();
        }
        else
        {
            result.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(OnEnded);
        }
    }

    public override string ToString() => $"request of session {Session.Id} ({(IsIdempotent ? "" : "not ")}idempotent)";

    private void OnEnded()
    {
        if (HasEnded)
        {
            throw new InvariantViolationException("I10", $"{this} ends twice");
        }

        HasEnded = true;
        all.OnEnded(this);
        if (_result.IsCompletedSuccessfully)
        {
            // Only a success is taken: an error would be thrown, and the object is nobody's any more.
            _result.GetAwaiter().GetResult().Dispose();
        }
    }
}
