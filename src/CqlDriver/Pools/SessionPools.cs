using System.Collections.Immutable;
using CqlDriver.Effects;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// A session's pools: one per node that its policies want, keyed by host id.
/// </summary>
/// <remarks>
/// <para>It has no loop of its own: it takes part in the topology loop's step. There it decides what is to become of its
/// pools (<see cref="SessionDecider"/>, pure, over <see cref="SessionState"/>), and in the same step in which the snapshot is
/// swapped it fills the slots of its pools and swaps its view. Requests read <see cref="View"/> once per attempt, from any
/// thread, and never wait for the loop.</para>
/// <para>What is bounded: connections per node by its shards or the options, dials per node and per process, the time of
/// draining. At most one pool per node is current, at most one dial per place and one timer per pool is out, each with a
/// ticket. The end: everything is revoked and closed, and <see cref="DisposeAsync"/> ends when nothing is owed any more.</para>
/// </remarks>
internal sealed class SessionPools : ITopologyParticipant, IAsyncDisposable
{
    private readonly SessionPoolSettings _settings;
    private readonly TurnCounter _turns = new();
    private readonly TaskCompletionSource _usable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SessionState _state;
    private ImmutableArray<PlanOrder> _orders;
    private RoutingView _view;

    internal SessionPools(ClusterTopology topology, SessionPoolSettings settings)
        : this(topology, settings, topology.NextSessionId())
    {
    }

    internal SessionPools(ClusterTopology topology, SessionPoolSettings settings, int id)
    {
        Topology = topology;
        _settings = settings;
        Id = id;
        _state = new SessionState(Id, settings);
        _orders = [.. settings.Policies.Select(static _ => PlanOrder.Empty)];
        _view = new RoutingView(Metadata.Empty, _orders, [], _turns);
    }

    public int Id { get; }

    public ClusterTopology Topology { get; }

    /// <summary>What the session wants of its pools.</summary>
    public SessionPoolSettings Settings => _settings;

    /// <summary>What a request reads. Pairs with the write when the step publishes.</summary>
    public RoutingView View => Volatile.Read(ref _view);

    /// <summary>The session's keyspace, unquoted.</summary>
    public string? Keyspace => Volatile.Read(ref _state).Keyspace;

    /// <summary>For tests and simulations: what the loop remembers of the session.</summary>
    internal SessionState State => Volatile.Read(ref _state);

    /// <summary>Attaches a session to the topology: its pools are opened from now on.</summary>
    public static SessionPools Attach(ClusterTopology topology, SessionPoolSettings settings)
    {
        var pools = new SessionPools(topology, settings);
        ObjectDisposedException.ThrowIf(!topology.Loop.TryPost(new SessionAttached(pools)), topology);
        return pools;
    }

    /// <summary>Waits until one node of the local datacenter can take requests, or any node where there is no local one.</summary>
    /// <exception cref="CqlAuthenticationException">The nodes refuse the credentials.</exception>
    /// <exception cref="CqlConnectionException">None within the limit; the message says why for each node.</exception>
    public async Task WaitUntilUsableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _usable.Task.WaitAsync(_settings.UsableLimit, Topology.Settings.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Better a node far away than none.
            var state = State;
            if (!state.Pools.Values.Any(static pool => pool.IsUsable))
            {
                throw Unusable(state, $"within {_settings.UsableLimit.TotalSeconds:0.#} s");
            }
        }
    }

    /// <summary>The application ran USE: every connection follows. Ends when none is behind.</summary>
    /// <exception cref="CqlException">Some could not be switched; they are replaced.</exception>
    public Task SwitchKeyspaceAsync(string keyspace, CancellationToken cancellationToken) => Topology.WaitAsync(
        waiter => Topology.Loop.TryPost(new SessionKeyspaceChanged(Id, keyspace, waiter)),
        Topology.Settings.QueryLimit + Topology.Settings.QueryLimit,
        cancellationToken);

    /// <summary>Waits for a reading of the schema that begins after this call.</summary>
    /// <exception cref="TimeoutException">Not within the limit.</exception>
    public Task RefreshSchemaAsync(TimeSpan limit, CancellationToken cancellationToken) => Topology.RefreshSchemaAsync(limit, cancellationToken);

    public Task<bool?> CheckSchemaAgreementAsync(CancellationToken cancellationToken) => Topology.CheckSchemaAgreementAsync(cancellationToken);

    /// <summary>Detaches the session. Afterwards none of its sockets, timers and dials is alive.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Topology.Loop.TryPost(new SessionDetached(Id)))
        {
            // The loop has ended, which it does only when no session owes it anything.
            return;
        }

        await _ended.Task.ConfigureAwait(false);
    }

    ParticipantDecision ITopologyParticipant.Decide(TopologyStep step)
    {
        var next = SessionDecider.Decide(_state, step);
        return new SessionDecision(next, null, _orders)
        {
            Health = SessionDecider.Health(_state, next),
            Handovers = StagingRules.Reports(_state, next, step.Metadata),
            Routes = Topology.Settings.ClientRoutes is null ? [] : RouteRenewalRules.Uses(_state, next),
            HasEnded = next.Phase == SessionPhase.Ended,
        };
    }

    ParticipantDecision ITopologyParticipant.Prepare(ParticipantDecision decision, Metadata next, StepDraft draft)
    {
        var decided = (SessionDecision)decision;
        var hasOtherPolicies = !ReferenceEquals(decided.Next.Policies, _state.Policies);
        var hasOtherNodes = _view.Metadata.Nodes != next.Nodes;
        var hasOtherPools = !ReferenceEquals(decided.Next.Pools, _state.Pools) && !HaveSameHandles(decided.Next, _state);
        if (ReferenceEquals(_view.Metadata, next) && !hasOtherPolicies && !hasOtherPools)
        {
            return decided;
        }

        var orders = hasOtherPolicies || hasOtherNodes ? [.. decided.Next.Policies.Tables.Select(table => PlanOrder.Build(table, next, decided.Next.Policies.DistanceOf))] : _orders;
        var pools = new NodePool?[next.OrdinalCount];
        foreach (var pool in decided.Next.Pools.Values)
        {
            if (next.TryGetNode(pool.Fence.HostId, out var node))
            {
                pools[node.Ordinal] = pool.Handle;
            }
        }

        return decided with { View = new RoutingView(next, orders, [.. pools], _turns), Orders = orders };
    }

    void ITopologyParticipant.Publish(ParticipantDecision decision)
    {
        var decided = (SessionDecision)decision;
        var (before, after) = (_state, decided.Next);
        Volatile.Write(ref _state, after);
        if (!ReferenceEquals(before.Pools, after.Pools))
        {
            PublishSlots(before, after);
        }

        if (decided.View is not null)
        {
            _orders = decided.Orders;
            Volatile.Write(ref _view, decided.View);
        }

        SettleWaits(after);
    }

    private static bool HaveSameHandles(SessionState one, SessionState other) =>
        one.Pools.Values.Select(static pool => pool.Handle).SequenceEqual(other.Pools.Values.Select(static pool => pool.Handle));

    /// <summary>New pools are filled before a view shows them, old ones are retired before the view lets go of them.</summary>
    private void PublishSlots(SessionState before, SessionState after)
    {
        foreach (var pool in after.Pools.Values)
        {
            var earlier = before.Pools.GetValueOrDefault(pool.Fence.HostId);
            if (earlier is null || !ReferenceEquals(earlier.Handle, pool.Handle) || earlier.Slots != pool.Slots)
            {
                pool.Handle.Publish(pool.ToShardSlots());
            }
        }

        foreach (var pool in before.Pools.Values)
        {
            // Under another host id it may go on.
            var later = after.Pools.GetValueOrDefault(pool.Fence.HostId);
            if (!ReferenceEquals(later?.Handle, pool.Handle) && after.Pools.Values.All(other => !ReferenceEquals(other.Handle, pool.Handle)))
            {
                pool.Handle.Retire(StubFor(before, later));
            }
        }
    }

    /// <summary>Only the same node at another endpoint takes over what was meant for it.</summary>
    private ForwardingStub? StubFor(SessionState before, PoolState? successor) =>
        successor is not null && before.Staged.TryGetValue(successor.Fence.HostId, out var staged) && ReferenceEquals(staged.Handle, successor.Handle)
            ? new ForwardingStub(successor.Handle, Topology.TallyOf(staged.Handover))
            : null;

    private void SettleWaits(SessionState state)
    {
        if (state.Phase == SessionPhase.Ended)
        {
            _usable.TrySetException(new ObjectDisposedException(nameof(SessionPools)));
            _ended.TrySetResult();
        }
        else if (!_usable.Task.IsCompleted && state.Phase == SessionPhase.Active && !state.Pools.IsEmpty)
        {
            var local = LocalPools(state);
            if (local.Any(static pool => pool.IsUsable))
            {
                _usable.TrySetResult();
            }
            else if (local.All(static pool => pool.LastError is CqlAuthenticationException))
            {
                _usable.TrySetException(Unusable(state, "because credentials are refused"));
            }
        }
    }

    private PoolState[] LocalPools(SessionState state)
    {
        var metadata = View.Metadata;
        var local = state.Pools.Values
            .Where(pool => metadata.TryGetNode(pool.Fence.HostId, out var node) && state.Policies.DistanceOf(node) == NodeDistance.Local)
            .ToArray();
        return local.Length > 0 ? local : [.. state.Pools.Values];
    }

    private static CqlConnectionException Unusable(SessionState state, string when)
    {
        var failures = state.Pools.Values.Select(static pool => $"{pool.Fence.HostId}@{pool.Endpoint}: {pool.LastError?.Message ?? "no answer yet"}");
        var message = state.Pools.IsEmpty
            ? $"No node became usable {when}: the load-balancing policy wants none of those that are known. Check the local datacenter."
            : $"No node became usable {when}. {string.Join("; ", failures)}";
        var cause = state.Pools.Values.Select(static pool => pool.LastError).FirstOrDefault(static error => error is not null);
        return cause is CqlAuthenticationException ? new CqlAuthenticationException(message, null, null, cause) : new CqlConnectionException(message, null, null, cause);
    }

    private sealed record SessionDecision(SessionState Next, RoutingView? View, ImmutableArray<PlanOrder> Orders) : ParticipantDecision;
}
