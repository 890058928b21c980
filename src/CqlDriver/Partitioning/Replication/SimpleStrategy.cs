using System.Collections.Immutable;

namespace CqlDriver.Partitioning;

/// <summary>The next nodes on the ring, whatever their datacenter.</summary>
internal sealed class SimpleStrategy(int factor) : ReplicationStrategy
{
    public override ReplicaChoice Begin(ImmutableArray<RingNode> nodes) => new Choice(Math.Min(factor, nodes.Length), nodes.Length);

    private sealed class Choice(int wanted, int nodeCount) : ReplicaChoice
    {
        private readonly bool[] _isReplica = new bool[nodeCount];
        private int _left;

        public override void Clear()
        {
            Array.Clear(_isReplica);
            _left = wanted;
        }

        public override bool Offer(int node, out bool isTaken)
        {
            isTaken = _left > 0 && !_isReplica[node];
            if (isTaken)
            {
                _isReplica[node] = true;
                _left--;
            }

            return _left == 0;
        }
    }
}
