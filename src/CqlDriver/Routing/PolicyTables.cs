using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Routing;

/// <summary>
/// What a session's policies say of one snapshot: a table each, and how near each node is to the policy that wants it most.
/// Immutable. User code runs here and nowhere else in a step, guarded: a policy that throws is replaced by the default one.
/// </summary>
internal sealed class PolicyTables
{
    private static readonly LocalDatacenterPolicy Fallback = new();

    private readonly ImmutableArray<NodeDistance> _distances;

    private PolicyTables(ImmutableArray<PlanTable> tables, ImmutableArray<NodeDistance> distances, ImmutableArray<PolicyFailure> failures)
    {
        Tables = tables;
        _distances = distances;
        Failures = failures;
    }

    public static PolicyTables Empty { get; } = new([], [], []);

    /// <summary>One per policy.</summary>
    public ImmutableArray<PlanTable> Tables { get; }

    /// <summary>Policies that threw.</summary>
    public ImmutableArray<PolicyFailure> Failures { get; }

    public static PolicyTables Build(ImmutableArray<ILoadBalancingPolicy> policies, Metadata snapshot)
    {
        var tables = ImmutableArray.CreateBuilder<PlanTable>(policies.Length);
        var failures = ImmutableArray.CreateBuilder<PolicyFailure>();
        var distances = Enumerable.Repeat(NodeDistance.Ignored, snapshot.OrdinalCount).ToArray();
        foreach (var policy in policies)
        {
            tables.Add(Ask(policy, snapshot, distances, failures));
        }

        return new PolicyTables(tables.MoveToImmutable(), [.. distances], failures.ToImmutable());
    }

    public NodeDistance DistanceOf(Node node) => (uint)node.Ordinal < (uint)_distances.Length ? _distances[node.Ordinal] : NodeDistance.Ignored;

    /// <summary>The distances alone, as they were written down: requests are not planned by these.</summary>
    public static PolicyTables OfBytes(byte[] distances, int policies) =>
        new([.. Enumerable.Repeat(new PlanTable([]), policies)], [.. distances.Select(static distance => (NodeDistance)distance)], []);

    public byte[] ToBytes() => [.. _distances.Select(static distance => (byte)distance)];

    private static PlanTable Ask(ILoadBalancingPolicy policy, Metadata snapshot, NodeDistance[] distances, ImmutableArray<PolicyFailure>.Builder failures)
    {
        try
        {
            var own = snapshot.Nodes.Select(node => (node.Ordinal, Distance: policy.DistanceOf(node, snapshot))).ToArray();
            var table = policy.Build(snapshot) ?? throw new InvalidOperationException($"{nameof(ILoadBalancingPolicy.Build)} returned null.");
            foreach (var (ordinal, distance) in own)
            {
                distances[ordinal] = distance < distances[ordinal] ? distance : distances[ordinal];
            }

            return table;
        }
#pragma warning disable CA1031 // Whatever a user's policy throws must not stop the topology.
        catch (Exception error) when (!ReferenceEquals(policy, Fallback))
#pragma warning restore CA1031
        {
            failures.Add(new PolicyFailure(policy.GetType().Name, error.Message));
            return Ask(Fallback, snapshot, distances, failures);
        }
    }
}

/// <param name="Policy">The policy's type.</param>
/// <param name="Error">What it threw.</param>
internal sealed record PolicyFailure(string Policy, string Error);
