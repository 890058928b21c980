using System.Net;

namespace CqlDriver.Testing;

/// <summary>
/// A condition and a reaction, counted. All conditions that are set must hold; the rule then reacts to the request, but
/// for the first <see cref="Skip"/> that match, and to no more than <see cref="Times"/>. Thread-safe once it is added.
/// </summary>
/// <example>
/// <code>
/// var rule = cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Overloaded()))
/// {
///     Node = cluster.Nodes[0], Kind = RequestKind.Execute, StatementContains = "INSERT INTO readings", Times = 2,
/// });
/// // … the code under test …
/// await rule.WaitForHitsAsync(2);
/// </code>
/// </example>
public sealed class FaultRule
{
    private readonly Lock _gate = new();
    private readonly List<(int Hits, TaskCompletionSource Reached)> _waiters = [];
    private int _matches;
    private int _taken;
    private int _hits;

    /// <summary>Creates a rule that reacts to everything; set properties to narrow it.</summary>
    /// <param name="reaction">What to do.</param>
    public FaultRule(FaultReaction reaction)
    {
        ArgumentNullException.ThrowIfNull(reaction);
        Reaction = reaction;
    }

    /// <summary>What to do.</summary>
    public FaultReaction Reaction { get; }

    /// <summary>Only on this node.</summary>
    public EmbeddedNode? Node { get; init; }

    /// <summary>Only on connections to this address, whatever the port: nodes that moved may answer at several.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Only for requests of this kind.</summary>
    public RequestKind? Kind { get; init; }

    /// <summary>Only for statements that contain this text, compared without regard to case.</summary>
    public string? StatementContains { get; init; }

    /// <summary>Only for requests of which this is true. Runs on the node's read loop: short, and without waiting.</summary>
    public Func<RequestRecord, bool>? When { get; init; }

    /// <summary>How many matching requests pass before the rule reacts.</summary>
    public int Skip { get; init; }

    /// <summary>How often it reacts; default without end.</summary>
    public int Times { get; init; } = int.MaxValue;

    /// <summary>
    /// Runs the statement before reacting, so that its effect is there and the client does not know: for errors, dropped
    /// answers and lost connections.
    /// </summary>
    public bool RunsStatementFirst { get; init; }

    /// <summary>How often it has reacted.</summary>
    public int Hits => Volatile.Read(ref _hits);

    /// <summary>Waits until the rule has reacted so often.</summary>
    /// <param name="count">How often.</param>
    /// <param name="limit">How long to wait by the system's clock; default 10 s.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not in time; the message says how often it did.</exception>
    public async Task WaitForHitsAsync(int count, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_hits >= count)
            {
                return;
            }

            _waiters.Add((count, reached));
        }

        try
        {
            // Sockets are real whatever the cluster's clock is, so is this limit.
            await reached.Task.WaitAsync(limit ?? TimeSpan.FromSeconds(10), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited for {count} hits of the rule ({this}); there were {Hits}, of {Volatile.Read(ref _matches)} matching requests.");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Reaction.GetType().Name} for {Kind?.ToString() ?? "any request"} on {Node?.Endpoint.ToString() ?? "any node"}"
        + (StatementContains is null ? string.Empty : $" with '{StatementContains}'");

    /// <summary>Whether the rule takes the request; counts it then.</summary>
    internal bool TryTake(RequestRecord request)
    {
        if ((Node is not null && Node != request.Node)
            || (Address is not null && !Address.Equals(request.Server.Address))
            || (Kind is null ? request.Kind == RequestKind.Connect : Kind != request.Kind)
            || (StatementContains is not null && !(request.Statement?.Contains(StatementContains, StringComparison.OrdinalIgnoreCase) ?? false))
            || !(When?.Invoke(request) ?? true))
        {
            return false;
        }

        lock (_gate)
        {
            // A lock: counting, the limit and the waiters must agree.
            if (++_matches <= Skip || _taken >= Times)
            {
                return false;
            }

            _taken++;
        }

        if (!RunsStatementFirst)
        {
            CountHit();
        }

        return true;
    }

    /// <summary>What it took has happened, as far as the rule lets it: a statement that is to run first has run.</summary>
    internal void CountHit()
    {
        List<TaskCompletionSource> reached;
        lock (_gate)
        {
            _hits++;
            reached = [.. _waiters.Where(waiter => waiter.Hits <= _hits).Select(waiter => waiter.Reached)];
            _waiters.RemoveAll(waiter => waiter.Hits <= _hits);
        }

        reached.ForEach(waiter => waiter.TrySetResult());
    }
}
