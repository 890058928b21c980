using System.Diagnostics.CodeAnalysis;
using CqlDriver.Connections;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Pools;

/// <summary>
/// One session's connections to one life of one node, as requests hold it. It decides nothing: the topology loop fills its
/// slots, retires it and replaces it. Requests read it from any thread.
/// </summary>
internal sealed class NodePool
{
    private ShardSlots _slots = ShardSlots.Empty;
    private bool _isRetired;
    private ForwardingStub? _stub;
    private uint _turn;

    public NodePool(PoolFence fence, NodeEndpoint endpoint)
    {
        Fence = fence;
        Endpoint = endpoint;
    }

    /// <summary>Its stamp when it was made; the loop's own record of it may have been stamped anew since.</summary>
    public PoolFence Fence { get; }

    public NodeEndpoint Endpoint { get; }

    /// <summary>Another pool took its place, or the node is gone: what is written here still gets its answer, nothing new should come.</summary>
    public bool IsRetired => Volatile.Read(ref _isRetired);

    /// <summary>Where requests go on that were not written here when another endpoint of the node took over; null: nowhere.</summary>
    public ForwardingStub? Stub => Volatile.Read(ref _stub);

    /// <summary>Pairs with the write in <see cref="Publish"/>.</summary>
    public ShardSlots Slots => Volatile.Read(ref _slots);

    /// <summary>A connection for a request. No allocation. False: none is open now.</summary>
    /// <param name="token">The token of the partition, for the shard; null: any shard.</param>
    /// <param name="connection">The connection. It may close between here and the hand-over, which then says so.</param>
    /// <param name="shard">The shard to go to where there is a connection to it; see <see cref="ReplicaShard"/>.</param>
    public bool TryPick(Token? token, [NotNullWhen(true)] out IPooledConnection? connection, int shard = ReplicaShard.OfToken)
    {
        var slots = Slots;

        // A lost increment only repeats a turn: no need for an interlocked one.
        var turn = _turn++;
        connection = slots.Pick(token, shard, turn);
        return connection is not null;
    }

    /// <summary>Called by the loop alone, in the step that decided so. Pairs with the read of <see cref="Slots"/>.</summary>
    internal void Publish(ShardSlots slots) => Volatile.Write(ref _slots, slots);

    /// <summary>Called by the loop alone. Its slots stay: requests that hold it may still use them while it drains.</summary>
    internal void Retire(ForwardingStub? stub)
    {
        Volatile.Write(ref _stub, stub);
        Volatile.Write(ref _isRetired, true);
    }
}

/// <summary>What is left of a pool whose node is reached elsewhere: it passes on what was not written, and counts that.</summary>
internal sealed record ForwardingStub(NodePool Target, HandoverTally? Tally);
