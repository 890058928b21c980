using System.Diagnostics.CodeAnalysis;
using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>
/// The way of a request through its plan: which nodes were tried, and which node and connection the attempt under way is with.
/// Each attempt reads the session's view anew; the plan goes on where it was.
/// </summary>
internal struct AttemptCourse
{
    private QueryPlan _plan;
    private HandoverTally? _tally;
    private long _forwardedSince;
    private bool _wasRerouted;

    public Node? Node { get; private set; }

    /// <summary>The position of the snapshot by which the attempt was routed.</summary>
    public long RoutedAt { get; private set; }

    public IPooledConnection? Connection { get; private set; }

    /// <summary>The pool that the connection was picked from.</summary>
    public NodePool? Pool { get; private set; }

    /// <summary>Whether a pool whose node is reached elsewhere passed the request on, before it was written.</summary>
    public bool WasForwarded { get; private set; }

    /// <summary>The layout of the result that the request relies on when the answer leaves it out.</summary>
    public RowLayout? SentLayout { get; set; }

    /// <summary>How often statements of this request were prepared anew on the node under way.</summary>
    public int PreparedAgain { get; set; }

    /// <summary>Begins anew, by what is known of the request's partition now.</summary>
    public void Begin(RoutingView view, in RoutingRequest request) => view.Plan(request, ref _plan);

    /// <summary>Leaves out the node that refused, unless it is a replica all the same.</summary>
    public void Avoid(int refused) => _plan.Avoid(refused);

    /// <summary>Forgets everything but what the next plan overwrites.</summary>
    public void Clear()
    {
        (Node, Connection, Pool, SentLayout) = (null, null, null, null);
        (RoutedAt, WasForwarded, PreparedAgain) = (0, false, 0);
        (_tally, _forwardedSince, _wasRerouted) = (null, 0, false);
    }

    /// <summary>True the first time.</summary>
    public bool TryReroute() => !_wasRerouted && (_wasRerouted = true);

    /// <summary>The connection does not take the request. True: because its node is reached elsewhere now, where the request goes on.</summary>
    public bool TryForward(long now)
    {
        if (Pool?.Stub is not { } stub)
        {
            return false;
        }

        WasForwarded = true;
        _tally = stub.Tally;
        _forwardedSince = _forwardedSince == 0 ? now : _forwardedSince;
        return true;
    }

    /// <summary>What is to be told when a connection has taken the request; nothing, mostly.</summary>
    public (HandoverTally? Tally, long Since) TakeForwarding()
    {
        var forwarding = (_tally, _forwardedSince);
        (_tally, _forwardedSince) = (null, 0);
        return forwarding;
    }

    /// <summary>Finds the next node that has a connection. Nodes without one are passed over and noted.</summary>
    public bool TryNext(RoutingView view, bool onSameNode, ref AttemptHistory history, [MaybeNullWhen(false)] out IPooledConnection connection)
    {
        RoutedAt = view.Metadata.AppliedIndex;
        if (onSameNode && Node is { } same && TryPick(view, same.Ordinal, out connection))
        {
            return true;
        }

        while (view.TryNext(ref _plan, out var ordinal))
        {
            if (view.NodeOf(ordinal) is not { } node)
            {
                continue;
            }

            Node = node;
            PreparedAgain = 0;
            if (TryPick(view, ordinal, out connection))
            {
                return true;
            }

            history.AddSkipped(node, node.IsUp ? "no connection to it is open" : "it is down");
        }

        connection = null;
        return false;
    }

    private bool TryPick(RoutingView view, int ordinal, [MaybeNullWhen(false)] out IPooledConnection connection)
    {
        var pool = view.PoolOf(ordinal);
        if ((pool?.Stub?.Target ?? pool) is { } target && target.TryPick(_plan.Token, out connection, _plan.Shard))
        {
            Pool = target;
            Connection = connection;
            return true;
        }

        connection = null;
        return false;
    }
}
