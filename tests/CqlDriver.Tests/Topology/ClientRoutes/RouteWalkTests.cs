using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.RouteWorld;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>
/// Random walks: a table that others write, events in any order, readings that lag, dials that fail, connections and control
/// connections that are lost, nodes that come and go. After each step I24 to I28 hold; in the end what is known is the table.
/// </summary>
public sealed class RouteWalkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_happens_nothing_that_works_is_cut_and_the_truth_is_found(int part)
    {
        for (var seed = part * 1_000; seed < (part * 1_000) + 150; seed++)
        {
            new Walk(seed).Run();
        }
    }

    private sealed class Walk
    {
        private static readonly string[] Ids = ["A", "B", "C"];
        private readonly Random _random;
        private readonly int _seed;
        private readonly RouteWorld _routed = new();
        private readonly SortedDictionary<(string ConnectionId, int Node), int> _truth = [];
        private readonly List<(string ConnectionId, int Node)> _untold = [];
        private readonly SortedSet<int> _members = [1, 2, 3];
        private readonly List<SessionPools> _sessions = [];
        private int _mapping;

        public Walk(int seed)
        {
            (_seed, _random) = (seed, new Random(seed));
            foreach (var node in _members)
            {
                _truth[("A", node)] = 0;
            }

            _routed.Begin(Rows(), Local(1, 1), Peers());
            _sessions.Add(_routed.World.Attach(new SessionPoolSettings { ConnectionsPerNode = 2 }));
            _sessions.Add(_routed.World.Attach());
        }

        private TopologyWorld World => _routed.World;

        public void Run()
        {
            try
            {
                for (var step = 0; step < 120; step++)
                {
                    var before = Served();
                    Act();
                    Check(before);
                }

                Settle();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Walk {_seed}: {failure.Message}", failure);
            }
        }

        private void Act()
        {
            switch (_random.Next(14))
            {
                case 0:
                    Post(Ids[_random.Next(3)], _random.Next(1, 5));
                    break;
                case 1:
                    Delete();
                    break;
                case 2:
                    Tell();
                    break;
                case 3:
                    Answer(isStale: _random.Next(4) == 0);
                    break;
                case 4 or 5 or 6:
                    Dial(succeeds: true);
                    break;
                case 7 or 8:
                    Dial(succeeds: false);
                    break;
                case 9 or 10:
                    Fire();
                    break;
                case 11:
                    Lose();
                    break;
                case 12 when _random.Next(4) == 0:
                    LoseControl();
                    break;
                case 13 when _random.Next(4) == 0:
                    Membership();
                    break;
                default:
                    World.CloseAll();
                    break;
            }
        }

        private void Post(string connectionId, int node)
        {
            _truth[(connectionId, node)] = ++_mapping;
            _untold.Add((connectionId, node));
        }

        private void Delete()
        {
            if (_truth.Count > 0)
            {
                var key = _truth.Keys.ElementAt(_random.Next(_truth.Count));
                _truth.Remove(key);
                _untold.Add(key);
            }
        }

        private void Tell()
        {
            if (World.State.Control is ControlPhase.Ready && _untold.Count > 0)
            {
                var some = _untold.Take(_random.Next(1, _untold.Count + 1)).ToArray();
                _untold.RemoveRange(0, some.Length);
                if (_random.Next(8) == 0)
                {
                    _routed.Hint(new RouteHints([], "garbled"));
                }
                else
                {
                    _routed.Event([.. some, ("stranger", 1)]);
                }
            }
        }

        /// <summary>A stale answer is one of a node that has not applied what comes last; its event follows.</summary>
        private void Answer(bool isStale)
        {
            var rows = isStale && _truth.Count > 0 ? Rows().Skip(1).ToArray() : Rows();
            if (isStale && _truth.Count > 0)
            {
                _untold.Add(_truth.Keys.First());
            }

            if (World.Started.OfType<ReadRoutes>().Any() && _random.Next(2) == 0)
            {
                var read = World.Take<ReadRoutes>();
                World.Step(new RoutesRead(read.Ticket, new RouteReading(read.Scope, [.. rows.Where(row => read.Scope.Contains(new ClientRouteKey(new HostId(row.HostId!.Value), row.ConnectionId!)))])));
            }
            else if (World.Started.OfType<ReadNodes>().Any())
            {
                _routed.Read(rows, Local(1, 1), Peers());
            }
            else if (World.Started.OfType<OpenControlConnection>().Any())
            {
                World.OpenControl(Local(1, 1));
            }
            else if (World.Started.OfType<ResolveContactPoints>().FirstOrDefault() is { } resolve)
            {
                World.Started.Remove(resolve);
                World.Step(new ContactPointsResolved(resolve.Ticket, World.Settings.ContactPoints, []));
            }
            else
            {
                World.Step(new RefreshRequested(1_000, IsFirst: false));
            }
        }

        private void Dial(bool succeeds)
        {
            var dials = World.Started.OfType<DialNode>().ToArray();
            if (dials.Length == 0)
            {
                return;
            }

            var dial = dials[_random.Next(dials.Length)];
            if (succeeds)
            {
                World.Complete(dial);
            }
            else
            {
                World.Fail(dial);
            }
        }

        private void Fire()
        {
            var timers = World.Started.OfType<StartTimer>().ToArray();
            if (timers.Length > 0)
            {
                var timer = timers[_random.Next(timers.Length)];
                World.Started.Remove(timer);
                World.Advance(timer.DueIn);
                World.Step(new TimerFired(timer.Ticket));
            }
        }

        private void Lose()
        {
            var open = _sessions.SelectMany(session => session.State.Pools.Values.SelectMany(pool => pool.Slots.Where(slot => slot.Connection is not null).Select(slot => (session, pool, slot)))).ToArray();
            if (open.Length > 0)
            {
                var (session, pool, slot) = open[_random.Next(open.Length)];
                World.Lose(session, pool.Fence, (FakeConnection)slot.Connection!);
            }
        }

        private void LoseControl()
        {
            if (World.State.Control is ControlPhase.Ready)
            {
                World.LoseControl();
            }
        }

        private void Membership()
        {
            var node = _random.Next(2, 5);
            _ = _members.Remove(node) || _members.Add(node);
        }

        private Dictionary<IPooledConnection, string?> Served() => _sessions
            .SelectMany(session => session.State.Pools.Values.SelectMany(pool => pool.Slots.Where(slot => slot.Connection is not null).Select(slot => (slot.Connection!, slot.Route.Used?.ConnectionId))))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);

        private void Check(Dictionary<IPooledConnection, string?> before)
        {
            if (World.Started.OfType<DialNode>().Any(dial => dial.Ticket.Route is null) || World.Started.OfType<VerifyIdentity>().Any(verify => verify.Ticket.Route is null))
            {
                throw new InvalidOperationException("I27: a dial past the routes");
            }

            if (!ReferenceEquals(World.Metadata.ClientRoutes, _routed.Routes.Table) && World.Metadata.ClientRoutes.Since(_routed.Routes.Table) is not null)
            {
                throw new InvalidOperationException("what is shown is not what is known");
            }

            foreach (var session in _sessions)
            {
                foreach (var pool in session.State.Pools.Values)
                {
                    var host = _routed.Routes.Of(pool.Fence.HostId);
                    foreach (var slot in pool.Slots)
                    {
                        Require(slot.Connection is null || slot.Route.IsStale == !host.IsFresh(slot.Route.Used), "a connection's mark is out of date");
                    }

                    var isWaiting = pool.Dials.Count > 0 || World.Started.OfType<StartTimer>().Any(timer => timer.Ticket.Fence?.PoolId == pool.Fence.PoolId);
                    Require(pool.ConnectionCount == pool.Slots.Length || isWaiting || !_routed.Routes.LeadsTo(pool.Fence.HostId) || session.State.Staged.ContainsKey(pool.Fence.HostId), $"pool {pool.Fence} waits for nothing");
                    Require(pool.Slots.All(slot => !slot.Route.IsStale) || isWaiting || host.IsRenewalStopped || session.State.Staged.ContainsKey(pool.Fence.HostId), $"nobody renews {pool.Fence}");
                }
            }

            foreach (var (hostId, host) in _routed.Routes.Hosts)
            {
                var live = _sessions.SelectMany(session => session.State.Pools.Values.Concat(session.State.Staged.Values)).Where(pool => pool.Fence.HostId == hostId)
                    .SelectMany(pool => pool.Slots).Count(slot => slot is { Connection: not null, Route.Used: not null });
                Require(host.Live.Values.Sum() == live, $"{live} connections to {hostId} are live, {host.Live.Values.Sum()} are counted");
            }

            // I26: what served a moment ago serves still, is lost, left with its node, or has a successor in its place.
            var now = Served();
            foreach (var closing in World.Started.OfType<CloseConnection>().Where(closing => before.ContainsKey(closing.Connection) && !now.ContainsKey(closing.Connection)))
            {
                var hostId = ((FakeConnection)closing.Connection).Facts.HostId!.Value;
                var isGone = World.Metadata.NodeOf(hostId) is null;
                var isFilled = _sessions.Any(session => session.State.Pools.TryGetValue(hostId, out var pool) && pool.Slots.Any(slot => slot.Connection is not null && !before.ContainsKey(slot.Connection)));
                Require(isGone || isFilled, $"{closing.Connection} was closed without a successor: {closing.Reason}");
            }
        }

        /// <summary>Nothing goes wrong any more.</summary>
        private void Settle()
        {
            for (var round = 0; round < 400; round++)
            {
                World.CloseAll();
                if (_untold.Count > 0 && World.State.Control is ControlPhase.Ready)
                {
                    _routed.Event([.. _untold]);
                    _untold.Clear();
                }

                if (World.Started.Any(effect => effect is ReadRoutes or ReadNodes or OpenControlConnection or ResolveContactPoints))
                {
                    Answer(isStale: false);
                }
                else if (World.Started.OfType<DialNode>().Any())
                {
                    Dial(succeeds: true);
                }
                else if (World.Started.OfType<StartTimer>().Any(timer => timer.Ticket.Key.Timer is not TimerPurpose.PeriodicRefresh))
                {
                    var timer = World.Started.OfType<StartTimer>().Where(timer => timer.Ticket.Key.Timer is not TimerPurpose.PeriodicRefresh).MinBy(timer => timer.DueIn)!;
                    World.Started.Remove(timer);
                    World.Advance(timer.DueIn);
                    World.Step(new TimerFired(timer.Ticket));
                }
                else if (round < 300)
                {
                    round = 300;
                    World.Step(new RefreshRequested(1_000, IsFirst: false));
                }
            }

            Require(_routed.Table.Routes.Select(route => $"{route.ConnectionId} {route.Target}").Order(StringComparer.Ordinal).SequenceEqual(
                _truth.Select(pair => $"{pair.Key.ConnectionId} {Via(pair.Key.ConnectionId, pair.Key.Node, pair.Value)}").Order(StringComparer.Ordinal)), "the table is not the truth");
            foreach (var pool in _sessions.SelectMany(session => session.State.Pools.Values))
            {
                var host = _routed.Routes.Of(pool.Fence.HostId);
                Require(host.Routes.IsEmpty || pool.ConnectionCount == pool.Slots.Length, $"pool {pool.Fence} is not full");
                Require(host.IsRenewalStopped || pool.Slots.All(slot => !slot.Route.IsStale), $"pool {pool.Fence} has connections of former routes");
                Require(!host.Routes.IsEmpty || World.State.HasOpenConnection(pool.Fence.HostId) || World.Metadata.NodeOf(pool.Fence.HostId)!.Status is NodeStatus.NoRoute or NodeStatus.Down, "a node without a route is shown as up");
            }
        }

        private RouteRow[] Rows() => [.. _truth.Select(pair => Route(pair.Key.ConnectionId, pair.Key.Node, pair.Value))];

        private NodeRow[] Peers() => [.. _members.Where(node => node != 1).Select(node => Row(node, node))];

        private static void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new InvalidOperationException(otherwise);
            }
        }
    }
}
