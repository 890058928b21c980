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

    public Node? Node { get; private set; }

    public CqlConnection? Connection { get; private set; }

    /// <summary>The layout of the result that the request relies on when the answer leaves it out.</summary>
    public RowLayout? SentLayout { get; set; }

    /// <summary>How often statements of this request were prepared anew on the node under way.</summary>
    public int PreparedAgain { get; set; }

    public void Begin(QueryPlan plan) => _plan = plan;

    /// <summary>Finds the next node that has a connection. Nodes without one are passed over and noted.</summary>
    public bool TryNext(RoutingView view, bool onSameNode, ref AttemptHistory history, [MaybeNullWhen(false)] out CqlConnection connection)
    {
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

    private bool TryPick(RoutingView view, int ordinal, [MaybeNullWhen(false)] out CqlConnection connection)
    {
        if (view.PoolOf(ordinal) is { } pool && pool.TryPick(null, out var picked))
        {
            // A session's pools hold real connections; only simulations hold others, and they run no requests of this kind.
            connection = (CqlConnection)picked;
            Connection = connection;
            return true;
        }

        connection = null;
        return false;
    }
}
