using CqlDriver.Connections;
using CqlDriver.Execution;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>What the application does with the driver.</summary>
internal sealed class ApplicationActions(SimulationWorld world)
{
    private const int MostSessions = 3;
    private static readonly string[] Keyspaces = ["k1", "k2"];

    private static readonly IConnectionWarmer Warmer = new NobodysWarmer();

    private readonly List<Action> _kinds = [];
    private readonly HashSet<long> _waiting = [];
    private long _lastWaiter;
    private bool _isDisposed;

    /// <summary>Waits that nobody has answered.</summary>
    public int Waiting => _waiting.Count;

    public bool IsDisposed => _isDisposed;

    public void Act()
    {
        if (_kinds.Count == 0)
        {
            _kinds.AddRange([Request, Request, Request, Request, world.Requests.CancelOne, Refresh, SwitchKeyspace, () => Attach(), Detach, ForceDown, ForceUp, Unforce, GiveUpWaiting, DisposeAllRarely]);
        }

        if (!_isDisposed)
        {
            _kinds[world.Choose(ChoicePoint.ApplicationAction, _kinds.Count)]();
        }
    }

    public void Attach()
    {
        if (world.Sessions.Count >= MostSessions || _isDisposed)
        {
            return;
        }

        var settings = new SessionPoolSettings { ConnectionsPerNode = 1 + world.Choose(ChoicePoint.ConnectionsPerNode, 2), Warmer = Warmer };
        var pools = new SessionPools(world.Topology, settings);
        var session = new SimulatedSession(pools, new RequestExecutor(world.ClusterSettings, pools, simulated: world.Posting));
        world.Sessions.Add(session);
        world.Deliver(new SessionAttached(session.Pools) { At = world.Now });
    }

    public void DisposeAll()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        world.Describe("the application disposes everything");
        foreach (var session in world.Sessions.ToArray())
        {
            Detach(session);
        }

        world.Deliver(new ShutdownRequested { At = world.Now });
    }

    public void OnAnswered(AnswerWaiters answer)
    {
        foreach (var waiter in answer.Waiters)
        {
            _waiting.Remove(waiter);
        }
    }

    /// <summary>What he waits for was not taken any more: he is told so at once.</summary>
    public void Forget(long waiter) => _waiting.Remove(waiter);

    private void Request()
    {
        if (Pick() is { } session)
        {
            world.Requests.Start(session);
        }
    }

    private void Detach()
    {
        if (Pick() is { } session)
        {
            Detach(session);
        }
    }

    private void Detach(SimulatedSession session)
    {
        if (!session.IsDetaching)
        {
            session.IsDetaching = true;
            session.Executor.StopRequests();
            world.Deliver(new SessionDetached(session.Id) { At = world.Now });
        }
    }

    private void DisposeAllRarely()
    {
        if (world.Choose(ChoicePoint.Session, 8) == 7)
        {
            DisposeAll();
        }
    }

    public void Refresh()
    {
        if (_isDisposed)
        {
            return;
        }

        world.Deliver(new RefreshRequested(NewWaiter(), IsFirst: false) { At = world.Now });
    }

    /// <summary>Somebody waits from now on.</summary>
    public long NewWaiter()
    {
        _waiting.Add(++_lastWaiter);
        return _lastWaiter;
    }

    private void GiveUpWaiting()
    {
        if (_waiting.Remove(_lastWaiter))
        {
            world.Deliver(new RefreshAbandoned(_lastWaiter) { At = world.Now });
        }
    }

    private void SwitchKeyspace()
    {
        if (Pick() is { IsDetaching: false } session)
        {
            _waiting.Add(++_lastWaiter);
            world.Deliver(new SessionKeyspaceChanged(session.Id, Keyspaces[world.Choose(ChoicePoint.Keyspace, Keyspaces.Length)], _lastWaiter) { At = world.Now });
        }
    }

    private void ForceDown() => Force(NodeStatus.ForcedDown);

    private void ForceUp() => Force(NodeStatus.ForcedUp);

    private void Unforce() => Force(null);

    private void Force(NodeStatus? status)
    {
        var members = world.Cluster.Members;
        if (members.Count > 0)
        {
            world.Deliver(new NodeForced(members[world.Choose(ChoicePoint.Member, members.Count)].HostId, status) { At = world.Now });
        }
    }

    /// <summary>Takes back what was forced: for the time when all must get well.</summary>
    public void UnforceAll()
    {
        foreach (var node in world.Metadata.Nodes)
        {
            world.Deliver(new NodeForced(node.HostId, null) { At = world.Now });
        }
    }

    private SimulatedSession? Pick() =>
        world.Sessions.Count == 0 ? null : world.Sessions[world.Choose(ChoicePoint.Session, world.Sessions.Count)];

    /// <summary>Stands for a session that has statements; the world answers for it.</summary>
    private sealed class NobodysWarmer : IConnectionWarmer
    {
        public Task<(int Left, TimeSpan? RoundTrip)> WarmAsync(IPooledConnection connection, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The simulation warms no connection by itself.");
    }
}
