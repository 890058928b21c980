using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CqlDriver.Routing;

/// <summary>
/// One request's walk over a <see cref="PlanOrder"/>: replicas first where they are known, then each other node at most once, in
/// groups, within a group from a point that moves on with each request. A mutable struct inside the request; allocates nothing until a request tries its ninth node.
/// </summary>
/// <remarks>
/// When the view is replaced under way, the walk starts over in the new order and leaves out what was tried: ordinals are
/// stable for the cluster object's life, so they name the same nodes in every view.
/// </remarks>
internal struct QueryPlan
{
    private const int InlineTried = 8;

    private uint _turn;
    private PreferredReplicas _replicas;
    private int _replicasTaken;
    private PlanOrder? _order;
    private int _group;
    private int _taken;
    private bool _hasTriedBefore;
    private int _triedCount;
    private TriedOrdinals _tried;
    private int[]? _moreTried;

    /// <summary>A plan that begins with the node whose turn it is.</summary>
    public QueryPlan(PlanOrder order, uint turn)
    {
        _order = order;
        _turn = turn;
    }

    /// <summary>A plan that begins with the replicas of a partition.</summary>
    public QueryPlan(PlanOrder order, uint turn, in RoutingRequest request) => Begin(order, turn, request);

    /// <summary>The token of the partition, when its replicas are known.</summary>
    public Token? Token { get; private set; }

    /// <summary>Which shard of the node that was handed out last; see <see cref="ReplicaShard"/>.</summary>
    public int Shard { get; private set; } = ReplicaShard.Any;

    /// <summary>The nodes handed out so far.</summary>
    public readonly int TriedCount => _triedCount;

    /// <summary>Makes this a new plan, where it lies: it is a large struct, and each request has one.</summary>
    public void Begin(PlanOrder order, uint turn, in RoutingRequest request)
    {
        (_order, _turn, _group, _taken, _triedCount, _replicasTaken) = (order, turn, 0, 0, 0, 0);
        (_hasTriedBefore, _moreTried, Shard) = (false, null, ReplicaShard.Any);
        if (request.Replicas is null)
        {
            _replicas.Clear();
            Token = null;
        }
        else
        {
            _replicas.Choose(order, request, turn);
            Token = request.Token;
        }
    }

    /// <summary>The next node to try, by ordinal. False: there is none that was not tried.</summary>
    /// <param name="order">The order of the view that the attempt read; another one than before starts the walk over.</param>
    /// <param name="ordinal">The node.</param>
    public bool TryNext(PlanOrder order, out int ordinal)
    {
        if (!ReferenceEquals(order, _order))
        {
            (_order, _group, _taken, _hasTriedBefore) = (order, 0, 0, _triedCount > 0);
        }

        if (_replicasTaken < _replicas.Count)
        {
            (ordinal, Shard) = _replicas[_replicasTaken++];
            _hasTriedBefore = true;
            if (!WasTried(ordinal))
            {
                Remember(ordinal);
            }

            return true;
        }

        Shard = ReplicaShard.Any;
        while (TryStep(order, out ordinal))
        {
            if (!_hasTriedBefore || !WasTried(ordinal))
            {
                Remember(ordinal);
                return true;
            }
        }

        return false;
    }

    /// <summary>Leaves a node out, unless it is one of the replicas.</summary>
    public void Avoid(int ordinal)
    {
        Remember(ordinal);
        _hasTriedBefore = true;
    }

    private bool TryStep(PlanOrder order, out int ordinal)
    {
        while (_group < order.GroupEnds.Length)
        {
            var start = _group == 0 ? 0 : order.GroupEnds[_group - 1];
            var size = order.GroupEnds[_group] - start;
            if (_taken < size)
            {
                ordinal = order.Ordinals[start + (int)((_turn + (uint)_taken) % (uint)size)];
                _taken++;
                return true;
            }

            _group++;
            _taken = 0;
        }

        ordinal = -1;
        return false;
    }

    private readonly bool WasTried(int ordinal)
    {
        for (var i = 0; i < _triedCount; i++)
        {
            if ((i < InlineTried ? _tried[i] : _moreTried![i - InlineTried]) == ordinal)
            {
                return true;
            }
        }

        return false;
    }

    private void Remember(int ordinal)
    {
        Debug.Assert(!WasTried(ordinal), "A node is tried once.");
        if (_triedCount < InlineTried)
        {
            _tried[_triedCount++] = ordinal;
            return;
        }

        RememberMore(ordinal);
    }

    private void RememberMore(int ordinal)
    {
        var at = _triedCount - InlineTried;
        _moreTried ??= new int[InlineTried];
        if (at == _moreTried.Length)
        {
            Array.Resize(ref _moreTried, at * 2);
        }

        _moreTried[at] = ordinal;
        _triedCount++;
    }

    [InlineArray(InlineTried)]
    private struct TriedOrdinals
    {
        private int _first;
    }
}
