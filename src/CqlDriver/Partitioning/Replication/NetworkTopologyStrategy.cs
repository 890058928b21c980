using System.Collections.Immutable;

namespace CqlDriver.Partitioning;

/// <summary>
/// A number of replicas in each datacenter, on as many racks as there are: the next node on the ring counts when its rack has
/// none yet; a second one of a rack only when the datacenter has fewer racks than replicas, and only as many of those.
/// </summary>
internal sealed class NetworkTopologyStrategy(ImmutableArray<(string Datacenter, int Factor)> factors) : ReplicationStrategy
{
    public override ReplicaChoice Begin(ImmutableArray<RingNode> nodes) => new Choice(factors, nodes);

    private sealed class Choice : ReplicaChoice
    {
        private readonly ImmutableArray<Place> _places;
        private readonly Datacenter[] _datacenters;
        private readonly int[] _replicaOf;
        private int _round;
        private int _open;

        public Choice(ImmutableArray<(string Datacenter, int Factor)> factors, ImmutableArray<RingNode> nodes)
        {
            var datacenters = new List<Datacenter>();
            var places = Enumerable.Repeat(new Place(-1, -1), nodes.Length).ToArray();
            foreach (var (name, factor) in factors)
            {
                var members = nodes.Select(static (node, index) => (node, index)).Where(entry => entry.node.Datacenter == name).ToArray();
                var racks = members.Select(static entry => entry.node.Rack ?? "").Distinct().ToArray();
                if (members.Length == 0 || factor == 0)
                {
                    continue;
                }

                foreach (var (node, index) in members)
                {
                    places[index] = new Place(datacenters.Count, Array.IndexOf(racks, node.Rack ?? ""));
                }

                datacenters.Add(new Datacenter(Math.Min(factor, members.Length), factor - racks.Length, racks.Length));
            }

            _places = [.. places];
            _datacenters = [.. datacenters];
            _replicaOf = new int[nodes.Length];
            Clear();
        }

        public override void Clear()
        {
            _round++;
            _open = _datacenters.Length;
            foreach (var datacenter in _datacenters)
            {
                datacenter.Clear();
            }
        }

        public override bool Offer(int node, out bool isTaken)
        {
            var place = _places[node];
            isTaken = place.Datacenter >= 0 && _replicaOf[node] != _round && _datacenters[place.Datacenter].TryTake(place.Rack, out var isFull) && Close(isFull);
            if (isTaken)
            {
                _replicaOf[node] = _round;
            }

            return _open == 0;
        }

        private bool Close(bool isFull)
        {
            _open -= isFull ? 1 : 0;
            return true;
        }
    }

    private readonly record struct Place(int Datacenter, int Rack);

    private sealed class Datacenter(int wanted, int repeats, int rackCount)
    {
        private readonly bool[] _hasReplica = new bool[rackCount];
        private int _left;
        private int _repeatsLeft;

        public void Clear()
        {
            Array.Clear(_hasReplica);
            (_left, _repeatsLeft) = (wanted, repeats);
        }

        public bool TryTake(int rack, out bool isFull)
        {
            isFull = false;
            if (_left == 0 || (_hasReplica[rack] && _repeatsLeft <= 0))
            {
                return false;
            }

            _repeatsLeft -= _hasReplica[rack] ? 1 : 0;
            _hasReplica[rack] = true;
            isFull = --_left == 0;
            return true;
        }
    }
}
