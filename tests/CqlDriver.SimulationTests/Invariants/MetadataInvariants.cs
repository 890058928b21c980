using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>I3: the endpoint index leads to exactly the nodes that have an endpoint.</summary>
internal sealed class IndexIsABijection() : Invariant("I3")
{
    private Metadata? _seen;

    public override void Check(SimulationWorld world)
    {
        var metadata = world.Metadata;
        if (ReferenceEquals(_seen, metadata))
        {
            return;
        }

        _seen = metadata;
        foreach (var node in metadata.Nodes)
        {
            if (Names.IsAlias(node.Endpoint))
            {
                throw Broken($"{node} is shown where it was dialled, not where it is");
            }

            if (node.Endpoint is { } endpoint && (!metadata.TryGetHostId(endpoint, out var owner) || owner != node.HostId))
            {
                throw Broken($"the index does not lead from {endpoint} to {node}");
            }
        }

        for (var address = 0; address < SimulatedCluster.AddressCount; address++)
        {
            var endpoint = Names.Endpoint(address);
            if (metadata.TryGetHostId(endpoint, out var owner) && (!metadata.TryGetNode(owner, out var node) || !endpoint.Equals(node.Endpoint)))
            {
                throw Broken($"the index leads from {endpoint} to {owner}, who is not there");
            }
        }
    }
}

/// <summary>I4: positions only grow, generations of a host id never fall or repeat after it left.</summary>
internal sealed class PositionNeverFalls() : Invariant("I4")
{
    private readonly SortedDictionary<HostId, (long Generation, bool IsMember)> _generations = [];
    private Metadata _seen = Metadata.Empty;

    public override void Check(SimulationWorld world)
    {
        var metadata = world.Metadata;
        if (ReferenceEquals(_seen, metadata))
        {
            return;
        }

        if (metadata.AppliedIndex < _seen.AppliedIndex || metadata.AppliedIndex != world.Topology.Loop.Log.LastIndex)
        {
            throw Broken($"#{metadata.AppliedIndex} follows #{_seen.AppliedIndex}, and the log is at #{world.Topology.Loop.Log.LastIndex}");
        }

        foreach (var before in _seen.Nodes)
        {
            if (!metadata.TryGetNode(before.HostId, out _))
            {
                _generations[before.HostId] = (before.Generation, false);
            }
        }

        foreach (var node in metadata.Nodes)
        {
            if (_generations.TryGetValue(node.HostId, out var last) && (node.Generation < last.Generation || (node.Generation == last.Generation && !last.IsMember)))
            {
                throw new InvariantViolationException("I1", $"{node} has generation {node.Generation} after {last.Generation}");
            }

            _generations[node.HostId] = (node.Generation, true);
        }

        _seen = metadata;
    }
}
