using CqlDriver.Routing;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Routing;

public sealed class QueryPlanTests
{
    [Fact]
    public void Each_node_comes_once_local_ones_first_and_those_that_are_down_last()
    {
        var metadata = Cluster(6, node => node with { Datacenter = node.Ordinal < 3 ? "near" : "far", Status = node.Ordinal is 1 or 4 ? NodeStatus.Down : NodeStatus.Up });
        var order = Order(new LocalDatacenterPolicy("near", mayFailOver: true), metadata);

        for (uint turn = 0; turn < 12; turn++)
        {
            var walked = Walk(order, turn);
            walked.Should().OnlyHaveUniqueItems().And.HaveCount(6);
            walked[..2].Should().BeEquivalentTo([0, 2]);
            walked[2..4].Should().BeEquivalentTo([3, 5]);
            walked[4].Should().Be(1);
            walked[5].Should().Be(4);
        }

        Enumerable.Range(0, 100).Select(turn => Walk(order, (uint)turn)[0]).GroupBy(first => first).Should().OnlyContain(group => group.Count() == 50);
    }

    [Fact]
    public void Joining_and_decommissioned_nodes_never_come_and_draining_ones_after_the_others()
    {
        var states = new[] { TopologyState.Normal, TopologyState.Joining, TopologyState.Draining, TopologyState.Decommissioned, TopologyState.Normal };
        var metadata = Cluster(5, node => node with { State = states[node.Ordinal] });

        Walk(Order(new LocalDatacenterPolicy(), metadata), 0).Should().Equal(0, 4, 2);
    }

    [Fact]
    public void A_plan_goes_on_in_a_new_order_without_what_was_tried()
    {
        var metadata = Cluster(12, node => node);
        var first = Order(new LocalDatacenterPolicy(), metadata);
        var second = Order(new LocalDatacenterPolicy(), metadata);
        for (var tried = 0; tried <= 12; tried++)
        {
            var plan = new QueryPlan(first, 5);
            var walked = new List<int>();
            for (var i = 0; i < tried; i++)
            {
                plan.TryNext(first, out var ordinal).Should().BeTrue();
                walked.Add(ordinal);
            }

            while (plan.TryNext(second, out var ordinal))
            {
                walked.Add(ordinal);
            }

            walked.Should().OnlyHaveUniqueItems().And.HaveCount(12);
        }
    }

    [Fact]
    public void A_plan_over_a_thousand_nodes_allocates_nothing()
    {
        var order = Order(new LocalDatacenterPolicy(), Cluster(1_000, node => node));
        Use(order, 10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Use(order, 1_000);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void A_policy_that_throws_is_replaced_by_the_default_one_and_named()
    {
        var metadata = Cluster(3, node => node);

        var tables = PolicyTables.Build([new Broken()], metadata);

        tables.Tables[0].Groups.Should().ContainSingle().Which.Should().HaveCount(3);
        tables.Failures.Should().Equal(new PolicyFailure(nameof(Broken), "a defect"));
        metadata.Nodes.Should().OnlyContain(node => tables.DistanceOf(node) == NodeDistance.Local);
    }

    [Fact]
    public void Without_a_local_datacenter_that_of_the_first_node_is_taken()
    {
        var metadata = Cluster(4, node => node with { Datacenter = node.Ordinal < 2 ? "a" : "b" }) with { InitialDatacenter = "b" };

        Walk(Order(new LocalDatacenterPolicy(), metadata), 0).Should().Equal(2, 3);
    }

    private static void Use(PlanOrder order, uint times)
    {
        for (uint turn = 0; turn < times; turn++)
        {
            var plan = new QueryPlan(order, turn);
            plan.TryNext(order, out _);
            plan.TryNext(order, out _);
        }
    }

    private static List<int> Walk(PlanOrder order, uint turn)
    {
        var plan = new QueryPlan(order, turn);
        var walked = new List<int>();
        while (plan.TryNext(order, out var ordinal))
        {
            walked.Add(ordinal);
        }

        return walked;
    }

    private static PlanOrder Order(LocalDatacenterPolicy policy, Metadata metadata) => PlanOrder.Build(policy.Build(metadata), metadata);

    private static Metadata Cluster(int count, Func<Node, Node> shape)
    {
        var nodes = Enumerable.Range(0, count)
            .Select(number => new Node(TopologyWorld.Id(number + 1)) { Ordinal = number, Endpoint = new NodeEndpoint($"10.0.{number / 250}.{(number % 250) + 1}", 9042) })
            .Select(node => shape(node) with { Ordinal = -1 });
        return Metadata.Empty.WithNodes([.. nodes]);
    }

    private sealed class Broken : ILoadBalancingPolicy
    {
        public NodeDistance DistanceOf(Node node, Metadata snapshot) => NodeDistance.Ignored;

        public PlanTable Build(Metadata snapshot) => throw new InvalidOperationException("a defect");
    }
}
