using CqlDriver.Diagnostics;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Addresses that change hands within one refresh, under every order of the rows. Node 9 is the one that answers.</summary>
public sealed class RefreshVectorTests
{
    public static TheoryData<string, string, string, string> Vectors => new()
    {
        { "V1 swap", "1@1 2@2", "1@2 2@1", "moved 1→2, moved 2→1" },
        { "V2 rotation of three", "1@1 2@2 3@3", "1@2 2@3 3@1", "moved 1→2, moved 2→3, moved 3→1" },
        { "V3 take over from a leaver", "1@1 2@2", "1@2", "left 2, moved 1→2" },
        { "V4 chain with a newcomer", "1@1 2@2", "1@2 3@1", "left 2, moved 1→2, joined 3@1" },
        { "V5, V6 one moves, another takes its place", "1@1 2@2", "1@3 2@1", "moved 1→3, moved 2→1" },
        { "V7 plain move", "1@1", "1@8", "moved 1→8" },
        { "V8 dead row beside its replacement", "1@1", "1@1 2@1", "moved 1→?, demoted 1, joined 2@1" },
        { "V9 two rows of one host id: the incumbent address", "1@1", "1@1 1@5", "" },
        { "V9 two rows of one host id, both new: the smaller address", "", "1@7 1@5", "joined 1@5" },
        { "V11 the node that answers is among the peers", "", "9@9", "" },
        { "V11 the node that answers is among the peers elsewhere", "", "9@8", "" },
        { "replacement", "1@1", "2@1", "replaced 1 by 2@1" },
        { "nothing new", "1@1 2@2", "1@1 2@2", "" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Row_order_does_not_matter(string name, string before, string after, string expected)
    {
        foreach (var order in Permutations(Parse(after)))
        {
            var world = Read(before);
            world.Refresh(Local(9, 9), order);

            world.Changes.Should().HaveCountLessThanOrEqualTo(1, "a refresh is one batch ({0})", name);
            Describe(world.Changes).Should().BeEquivalentTo(expected.Split(", ", StringSplitOptions.RemoveEmptyEntries), "{0}", name);
        }
    }

    [Fact]
    public void V8_A_verified_incumbent_keeps_its_address_and_the_newcomer_waits()
    {
        foreach (var order in Permutations(Parse("1@1 2@1")))
        {
            var world = Read("1@1");
            world.Attach();
            world.DialAll();

            world.Refresh(Local(9, 9), order);

            Describe(world.Changes).Should().Equal("joined 2@?");
            world.Metadata.TryGetNode(Id(2), out var waiting).Should().BeTrue();
            waiting!.State.Should().Be(TopologyState.Joining);
            world.Metadata.TryGetHostId(At(1), out var owner).Should().BeTrue();
            owner.Should().Be(Id(1));
        }
    }

    [Fact]
    public void V10_Rows_that_cannot_be_used_cost_one_warning_each_and_nothing_else()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        NodeRow[] bad =
        [
            Row(3, 3) with { HostId = null },
            Row(4, 4) with { HostId = Guid.Empty },
            Row(5, 5) with { Address = null },
            Row(6, 6) with { Port = 0 },
        ];

        world.Refresh(Local(1, 1), [Row(2, 2), .. bad]);
        world.Refresh(Local(1, 1), [.. bad, Row(2, 2)]);

        world.Started.OfType<ReportNotice>().Count(report => report.Message == (NoticeMessage)Log.RowIgnored).Should().Be(4, "each is told once");
        world.Metadata.Nodes.Should().HaveCount(2);
    }

    [Fact]
    public void V10_A_known_node_whose_row_turned_bad_stays_as_it_is()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));

        world.Refresh(Local(1, 1), Row(2, 2) with { Address = null });

        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        node!.Endpoint.Should().Be(At(2));
    }

    [Fact]
    public void V10_An_unspecified_address_is_replaced_by_the_peer_column()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2) with { Address = System.Net.IPAddress.Any });

        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        node!.Endpoint.Should().Be(At(2));
        world.Started.OfType<ReportNotice>().Should().Contain(report => report.Message == (NoticeMessage)Log.AddressMissing);
    }

    [Fact]
    public void V12_A_refresh_without_a_node_that_owns_tokens_is_a_failed_one()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var before = world.Metadata;

        world.Refresh(Local(1, 1) with { HasTokens = false, Tokens = [] });

        world.Metadata.Should().BeSameAs(before);
        world.State.Control.Should().BeOfType<ControlPhase.Opening>("another control connection is sought");
        world.Started.OfType<AnswerWaiters>().Should().BeEmpty("who waits goes on waiting");
    }

    [Theory]
    [InlineData(false, TopologyState.Joining)]
    [InlineData(true, TopologyState.Normal)]
    public void V13_A_node_without_tokens_is_half_joined_on_cassandra_and_a_member_on_scylla(bool isScylla, TopologyState expected)
    {
        var world = new TopologyWorld();
        world.Step(new Started());
        world.Step(new ContactPointsResolved(world.Take<ResolveContactPoints>().Ticket, [At(1)], []));
        var open = world.Take<OpenControlConnection>();
        world.Step(new ControlOpened(open.Ticket, new FakeConnection(open.ConnectionId, At(1), Facts(Id(1), isScylla ? 0 : null, 2))));

        world.Read(Local(1, 1), Row(2, 2) with { HasTokens = false, Tokens = [] });

        world.Metadata.TryGetNode(Id(2), out var node).Should().BeTrue();
        node!.State.Should().Be(expected);
        node.IsRoutable.Should().BeFalse("it owns nothing");
    }

    [Fact]
    public void Another_clusters_node_is_refused()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var before = world.Metadata;

        world.Refresh(Local(7, 1) with { ClusterName = "other" });

        world.Metadata.Should().BeSameAs(before);
    }

    [Fact]
    public void Parts_that_do_not_fit_are_asked_for_three_times_and_then_refused()
    {
        var world = new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var before = world.Metadata;
        world.Step(new RefreshRequested(77, IsFirst: false));

        for (var i = 0; i < 3; i++)
        {
            world.Step(new NodesRead(world.Take<ReadNodes>().Ticket, Local(1, 1), [Row(2, 1)], Local(1, 2)));
        }

        world.Metadata.Should().BeSameAs(before);
        world.Started.OfType<ReadNodes>().Should().BeEmpty();
        world.State.Control.Should().BeOfType<ControlPhase.Opening>();
    }

    private static TopologyWorld Read(string before)
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(9)], StopsAtFaults = true }).Begin(Local(9, 9), Parse(before));
        world.Changes.Clear();
        return world;
    }

    private static NodeRow[] Parse(string rows) =>
        [.. rows.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, number) => Row(text[0] - '0', text[2] - '0', number: number))];

    private static IEnumerable<NodeRow[]> Permutations(NodeRow[] rows) => rows.Length < 2
        ? [rows]
        : rows.SelectMany((first, i) => Permutations([.. rows[..i], .. rows[(i + 1)..]]).Select(rest => (NodeRow[])[first, .. rest]));

    private static IEnumerable<string> Describe(IEnumerable<TopologyChange> changes) => changes.SelectMany(change => change switch
    {
        ChangeBatch batch => Describe(batch.Changes),
        NodeJoined joined => [$"joined {Number(joined.HostId)}@{Address(joined.Node.Endpoint)}"],
        NodeLeft left => [$"left {Number(left.HostId)}"],
        NodeMoved moved => [$"moved {Number(moved.HostId)}→{Address(moved.To)}"],
        NodeReplaced replaced => [$"replaced {Number(replaced.Replaced)} by {Number(replaced.HostId)}@{Address(replaced.Node.Endpoint)}"],
        NodeDemoted demoted => [$"demoted {Number(demoted.HostId)}"],
        NodePromoted promoted => [$"promoted {Number(promoted.HostId)}"],
        _ => new[] { change.ToString() },
    });

    private static int Number(HostId hostId) => Enumerable.Range(1, 9).First(number => Id(number) == hostId);

    private static string Address(NodeEndpoint? endpoint) => endpoint is null ? "?" : endpoint.Host.Split('.')[^1];
}
