using CqlDriver.Partitioning;
using CqlDriver.Routing;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Routing;

/// <summary>Plans of requests whose replicas are known. Nodes 0 to 2 are near, 3 to 5 far away.</summary>
public sealed class ReplicaPlanTests
{
    [Fact]
    public void Near_replicas_come_first_in_turn_then_all_others_once()
    {
        var metadata = Cluster();
        var order = Order(metadata);
        var firsts = new List<int>();
        for (uint turn = 0; turn < 300; turn++)
        {
            var walked = Walk(order, Request(0, 2, 4), turn);

            walked.Should().OnlyHaveUniqueItems().And.HaveCount(6);
            walked[..2].Should().BeEquivalentTo([0, 2]);
            walked[2].Should().Be(1, "the other node near by");
            firsts.Add(walked[0]);
        }

        firsts.Count(first => first == 0).Should().BeInRange(120, 180);
    }

    [Fact]
    public void Replicas_that_are_down_draining_or_unknown_do_not_come_first()
    {
        var metadata = Cluster(node => node with
        {
            Status = node.Ordinal == 0 ? NodeStatus.Down : NodeStatus.Up,
            State = node.Ordinal == 2 ? TopologyState.Draining : TopologyState.Normal,
        });

        var walked = Walk(Order(metadata), Request(0, 2, 77), 3);

        walked.Should().Equal(1, 3, 4, 5, 2, 0);
    }

    [Fact]
    public void Conditional_statements_keep_to_one_order()
    {
        var order = Order(Cluster());
        var request = Request(2, 0, 1) with { IsConditional = true };

        Enumerable.Range(0, 50).Should().OnlyContain(turn => Walk(order, request, (uint)turn)[0] == 2 && Walk(order, request, (uint)turn)[1] == 0);
    }

    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(false, false, null)]
    public void A_leader_is_first_where_requests_go_to_leaders(bool isLed, bool isConditional, int? first)
    {
        var order = Order(Cluster());
        var request = Request(0, 1, 2) with { IsLed = isLed, IsConditional = isConditional };
        request = request with { Replicas = request.Replicas! with { Leader = Id(1) } };

        var firsts = Enumerable.Range(0, 60).Select(turn => Walk(order, request, (uint)turn)[0]).Distinct().ToList();

        firsts.Should().HaveCount(first is null ? 3 : 1);
        firsts.Should().Contain(first ?? 0);
    }

    [Fact]
    public void A_leader_that_is_down_costs_no_attempt()
    {
        var order = Order(Cluster(node => node with { Status = node.Ordinal == 1 ? NodeStatus.Down : NodeStatus.Up }));
        var request = Request(0, 1, 2) with { IsLed = true };

        Walk(order, request with { Replicas = request.Replicas! with { Leader = Id(1) } }, 0)[0].Should().NotBe(1);
    }

    [Fact]
    public void A_shard_is_named_for_the_replica_alone()
    {
        var order = Order(Cluster());
        var group = new ReplicaGroup(0, [new Replica(Id(0), 3), new Replica(Id(1))]);
        var plan = new QueryPlan(order, 0, new RoutingRequest { Replicas = group, Token = new Token(5), IsConditional = true });

        plan.TryNext(order, out _);
        (plan.Shard, plan.Token).Should().Be((3, new Token(5)));
        plan.TryNext(order, out _);
        plan.Shard.Should().Be(ReplicaShard.OfToken);
        plan.TryNext(order, out _);
        plan.Shard.Should().Be(ReplicaShard.Any);
    }

    [Fact]
    public void A_policy_that_wants_no_replicas_first_gets_none()
    {
        var metadata = Cluster();
        var policy = new LocalDatacenterPolicy("near", prefersReplicas: false);
        var order = PlanOrder.Build(policy.Build(metadata), metadata);

        Enumerable.Range(0, 3).Select(turn => Walk(order, Request(2), (uint)turn)[0]).Should().BeEquivalentTo([0, 1, 2]);
    }

    [Fact]
    public void More_replicas_than_a_plan_keeps_take_turns_too()
    {
        var metadata = Metadata.Empty.WithNodes([.. Enumerable.Range(0, 40).Select(number => Node(number) with { Ordinal = -1 })]);
        var order = PlanOrder.Build(new LocalDatacenterPolicy().Build(metadata), metadata);
        var request = Request([.. Enumerable.Range(0, 20)]);

        var firsts = Enumerable.Range(0, 2_000).Select(turn => Walk(order, request, (uint)turn)[0]).Distinct();

        firsts.Should().BeEquivalentTo(Enumerable.Range(0, 20));
        Walk(order, request, 1).Should().HaveCount(40).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_node_that_refused_comes_again_only_as_a_replica()
    {
        var order = Order(Cluster());
        var plan = new QueryPlan(order, 0, Request(1));
        plan.Avoid(0);
        var rest = Rest(ref plan, order);
        rest.Should().NotContain(0).And.StartWith(1);

        plan = new QueryPlan(order, 0, Request(1));
        plan.Avoid(1);
        Rest(ref plan, order).Should().StartWith(1).And.OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_plan_allocates_nothing()
    {
        var order = Order(Cluster());
        var request = Request(0, 1, 2);
        Use(order, request, 10);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Use(order, request, 1_000);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    private static void Use(PlanOrder order, RoutingRequest request, uint times)
    {
        for (uint turn = 0; turn < times; turn++)
        {
            var plan = new QueryPlan(order, turn, request);
            plan.TryNext(order, out _);
            plan.TryNext(order, out _);
        }
    }

    private static List<int> Walk(PlanOrder order, RoutingRequest request, uint turn)
    {
        var plan = new QueryPlan(order, turn, request);
        return Rest(ref plan, order);
    }

    private static List<int> Rest(ref QueryPlan plan, PlanOrder order)
    {
        var walked = new List<int>();
        while (plan.TryNext(order, out var ordinal))
        {
            walked.Add(ordinal);
        }

        return walked;
    }

    private static RoutingRequest Request(params int[] replicas) =>
        new() { Replicas = new ReplicaGroup(0, [.. replicas.Select(number => new Replica(Id(number)))]), Token = new Token(1) };

    private static PlanOrder Order(Metadata metadata)
    {
        var policy = new LocalDatacenterPolicy("near", mayFailOver: true);
        return PlanOrder.Build(policy.Build(metadata), metadata, node => policy.DistanceOf(node, metadata));
    }

    private static Metadata Cluster(Func<Node, Node>? shape = null) => Metadata.Empty.WithNodes(
        [.. Enumerable.Range(0, 6).Select(number => Node(number) with { Datacenter = number < 3 ? "near" : "far" }).Select(node => (shape?.Invoke(node) ?? node) with { Ordinal = -1 })]);

    private static Node Node(int number) => new(Id(number)) { Ordinal = number, Endpoint = new NodeEndpoint($"10.0.0.{number + 1}", 9042) };

    private static HostId Id(int number) => TopologyWorld.Id(number + 1);
}
