using CqlDriver.Tests.Support;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Entries of a log kept elsewhere, taken by the loop: positions, what they do, and what is wrong with them.</summary>
public sealed class CommittedLogTests
{
    private readonly TopologyWorld _world = new();

    [Fact]
    public void Entries_move_the_position_and_become_changes_of_their_own()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1))), TopologyLogEntry.Empty(new LogPosition(0, 2)), Entry(5, CommittedChange.Promoted(Id(1))));

        _world.Metadata.Source.Should().Be(new LogPosition(0, 5));
        _world.Metadata.AppliedIndex.Should().Be(3, "the driver's own index is dense");
        _world.Changes.Select(change => (change.GetType().Name, change.Source!.Value.Index)).Should().Equal(("NodeJoined", 1), ("EmptyEntry", 2), ("NodePromoted", 5));
        _world.Metadata.Nodes.Should().ContainSingle().Which.State.Should().Be(TopologyState.Normal);
    }

    [Fact]
    public void An_old_entry_has_no_effect_at_all()
    {
        Commit(Entry(5, CommittedChange.Joined(Node(1))));
        var before = _world.Metadata;

        Commit(Entry(3, CommittedChange.Left(Id(1))), Entry(5, CommittedChange.Left(Id(1))));

        _world.Metadata.Should().BeSameAs(before);
        _world.Started.OfType<CountIgnoredEntry>().Should().HaveCount(2);
    }

    [Fact]
    public void An_entry_that_is_not_understood_is_skipped_with_one_warning_and_kept()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1))), new TopologyLogEntry(new LogPosition(0, 2), TopologyLogEntry.Seal((TopologyEntryKind)99, 1, [7])), Entry(3, CommittedChange.Promoted(Id(1))));

        _world.Metadata.Source.Index.Should().Be(3);
        _world.Started.OfType<ReportNotice>().Should().ContainSingle(notice => notice.Subject == "0/2");
        _world.Changes.OfType<UndecodableEntry>().Should().ContainSingle().Which.Raw[^1].Should().Be(7);
    }

    [Fact]
    public void A_damaged_entry_is_a_fault_and_the_last_good_view_serves_on_until_a_snapshot()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1) with { State = TopologyState.Normal })));
        var damaged = Entry(2, CommittedChange.Left(Id(1))).Data.ToArray();
        damaged[^1] ^= 1;
        _world.Step(new RefreshRequested(77, IsFirst: false));

        Commit(new TopologyLogEntry(new LogPosition(0, 2), damaged), Entry(3, CommittedChange.Left(Id(1))));

        _world.Metadata.Source.Index.Should().Be(1);
        _world.Metadata.Nodes.Should().ContainSingle();
        _world.Topology.Fault.Should().BeOfType<TopologyFaultException>().Which.Message.Should().Contain("0/2");
        Commit(Entry(4, CommittedChange.Left(Id(1))));
        _world.Metadata.Nodes.Should().ContainSingle("nothing of it is believed");

        Commit(Entry(9, CommittedChange.Snapshot([Node(2)])), Entry(10, CommittedChange.Promoted(Id(2))));

        _world.Topology.Fault.Should().BeNull();
        _world.Metadata.Nodes.Should().ContainSingle().Which.HostId.Should().Be(Id(2));
        _world.Metadata.Source.Index.Should().Be(10);
    }

    /// <summary>The snapshot that ends a fault must have in it what was skipped meanwhile.</summary>
    [Fact]
    public void A_snapshot_that_is_older_than_what_was_skipped_does_not_end_a_fault()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1))));
        Commit(new TopologyLogEntry(new LogPosition(0, 2), new byte[] { 1 }), Entry(4, CommittedChange.Joined(Node(3))));

        Commit(Entry(3, CommittedChange.Snapshot([Node(2)])), Entry(5, CommittedChange.Promoted(Id(2))));
        _world.Topology.Fault.Should().NotBeNull("the node that joined at 4 is not in it");
        _world.Metadata.Source.Index.Should().Be(1);

        Commit(Entry(6, CommittedChange.Snapshot([Node(2), Node(3)])));
        _world.Topology.Fault.Should().BeNull();
        _world.Metadata.Nodes.Should().HaveCount(2);
    }

    [Fact]
    public void A_new_epoch_begins_with_a_snapshot()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1))));

        Commit(TopologyLogEntry.Of(new LogPosition(2, 1), CommittedChange.Promoted(Id(1))));
        _world.Topology.Fault.Should().BeOfType<TopologyFaultException>().Which.Message.Should().Contain("epoch 2");

        Commit(TopologyLogEntry.Of(new LogPosition(2, 2), CommittedChange.Snapshot([Node(1)])), Entry(100, CommittedChange.Left(Id(1))));

        _world.Metadata.Source.Should().Be(new LogPosition(2, 2), "an entry of the older epoch is the past");
        _world.Metadata.Nodes.Should().ContainSingle();
    }

    [Fact]
    public void A_node_that_joins_is_in_no_plan_until_it_is_promoted()
    {
        var session = _world.Attach();

        Commit(Entry(1, CommittedChange.Joined(Node(1))));
        _world.Started.OfType<DialNode>().Should().BeEmpty();
        session.View.Metadata.Nodes.Should().ContainSingle().Which.State.Should().Be(TopologyState.Joining);

        Commit(Entry(2, CommittedChange.Promoted(Id(1))));
        _world.Started.OfType<DialNode>().Should().NotBeEmpty();
    }

    [Fact]
    public void A_known_node_that_joins_again_is_the_same_node_and_elsewhere_it_is_handed_over()
    {
        Serve(1);
        var generation = _world.Metadata.NodeOf(Id(1))!.Generation;

        Commit(Entry(10, CommittedChange.Joined(Node(1))));
        _world.Metadata.NodeOf(Id(1))!.Generation.Should().Be(generation);
        _world.Metadata.Handovers.Should().BeEmpty();
        _world.Started.OfType<VerifyIdentity>().Should().BeEmpty();

        Commit(Entry(11, CommittedChange.Joined(Node(1, at: 9))));
        _world.Started.OfType<VerifyIdentity>().Should().ContainSingle("connections to it are open: it is looked at first").Which.Endpoint.Should().Be(At(9));
        _world.Metadata.NodeOf(Id(1))!.Endpoint.Should().Be(At(1));

        Commit(Entry(12, CommittedChange.Tokens(Id(1), [new Token(3)])), Entry(13, CommittedChange.Joined(Node(2))));
        _world.State.Claims.Should().ContainKey(Id(1), "other entries do not take back what was said of it");
    }

    [Fact]
    public void A_node_without_a_usable_endpoint_is_known_and_not_dialled_until_it_has_one()
    {
        _world.Attach();

        Commit(Entry(1, CommittedChange.Joined(Node(1) with { Endpoint = null, State = TopologyState.Normal })));
        _world.Started.OfType<DialNode>().Should().BeEmpty();
        _world.Started.OfType<ReportNotice>().Should().ContainSingle(notice => notice.Subject == Id(1).ToString());

        Commit(Entry(2, CommittedChange.Joined(Node(1) with { State = TopologyState.Normal })));
        _world.Started.OfType<DialNode>().Should().ContainSingle().Which.Endpoint.Should().Be(At(1));
    }

    [Fact]
    public void A_batch_is_one_change_in_one_swap()
    {
        var before = _world.Metadata.AppliedIndex;

        Commit(Entry(1, CommittedChange.Batch(CommittedChange.Joined(Node(1)), CommittedChange.Batch(CommittedChange.Promoted(Id(1)), CommittedChange.Draining(Id(1))))));

        _world.Metadata.AppliedIndex.Should().Be(before + 1);
        _world.Metadata.Nodes.Should().ContainSingle().Which.State.Should().Be(TopologyState.Draining);
    }

    /// <summary>Race 19: one part cannot be applied; no part may be seen.</summary>
    [Fact]
    public void A_batch_of_which_a_part_fails_leaves_nothing_behind()
    {
        var world = new TopologyWorld(new TopologySettings { ContactPoints = [At(1)], RandomSeed = 5 });
        world.Step(new EntriesCommitted([Entry(1, CommittedChange.Joined(Node(1)))]));
        var before = world.Metadata;

        world.Step(new EntriesCommitted([Entry(2, new ChangeBatch([CommittedChange.Promoted(Id(1)), new Unheard()])), Entry(3, CommittedChange.Left(Id(1)))]));
        world.Step(new FaultOccurred(world.Topology.Fault!, IsOfCommittedLog: true));

        world.Metadata.Should().BeSameAs(before, "neither the part before nor the entries after are applied");
        world.Topology.Fault.Should().BeOfType<TopologyFaultException>();
    }

    [Fact]
    public void A_node_drains_is_decommissioned_and_leaves_and_a_late_copy_of_an_entry_does_not_bring_that_back()
    {
        Serve(1);
        Serve(2);
        CqlDriver.Topology.TopologyLogEntry[] entries = [Entry(10, CommittedChange.Draining(Id(2))), Entry(11, CommittedChange.Decommissioned(Id(2))), Entry(12, CommittedChange.Left(Id(2)))];

        Commit(entries);

        _world.Parts.Skip(2).Select(change => change.GetType().Name).Should().ContainInOrder("NodeDraining", "NodeDecommissioned", "NodeLeft");
        _world.Metadata.Nodes.Should().ContainSingle();
        Commit(Entry(20, CommittedChange.Joined(Node(2) with { State = TopologyState.Normal })));
        Commit(entries);
        _world.Metadata.NodeOf(Id(2))!.State.Should().Be(TopologyState.Normal);
    }

    [Fact]
    public void Changes_of_unknown_nodes_are_harmless()
    {
        Commit(Entry(1, CommittedChange.Draining(Id(9))), Entry(2, CommittedChange.Left(Id(9))), Entry(3, CommittedChange.Promoted(Id(9))), Entry(4, CommittedChange.Moved(Id(9), At(3))));

        _world.Metadata.Nodes.Should().BeEmpty();
        _world.Metadata.Source.Index.Should().Be(4);
    }

    [Fact]
    public void Another_node_at_a_nodes_endpoint_takes_it_and_the_index_stays_a_bijection()
    {
        Commit(Entry(1, CommittedChange.Joined(Node(1))), Entry(2, CommittedChange.Joined(Node(2, at: 1))));

        _world.Metadata.NodeOf(Id(2))!.Endpoint.Should().Be(At(1));
        _world.Metadata.NodeOf(Id(1))!.Endpoint.Should().BeNull();
    }

    [Fact]
    public void A_late_answer_elsewhere_does_not_outweigh_a_log_that_is_believed()
    {
        var session = _world.Attach();
        Commit(Entry(1, CommittedChange.Joined(Node(1) with { State = TopologyState.Normal })), Entry(2, CommittedChange.Joined(Node(2) with { State = TopologyState.Normal })));
        _world.DialAll();
        foreach (var pool in session.State.Pools.Values)
        {
            _world.Lose(session, pool.Fence, (FakeConnection)pool.Slots[0].Connection!);
        }

        _world.Fail(_world.Dial(1), answered: Id(2));
        _world.Metadata.Handovers.Should().BeEmpty("nothing would ever tell that node 2 is where it was");

        _world.Fire(TimerPurpose.PoolReconnection);
        Commit(new TopologyLogEntry(new LogPosition(0, 3), new byte[] { 1 }));
        _world.Fail(_world.Dial(1), answered: Id(2));
        _world.Metadata.Handovers.Should().ContainSingle("of what is not believed an answer is better than nothing").Which.To.Should().Be(At(1));

        Commit(Entry(4, CommittedChange.Snapshot([Node(1) with { State = TopologyState.Normal }, Node(2) with { State = TopologyState.Normal }])));
        _world.Metadata.Handovers.Should().BeEmpty("the node is where it was");
    }

    [Fact]
    public void A_version_that_was_not_expected_is_taken_with_a_warning()
    {
        Commit(Entry(1, CommittedChange.Version(null, "5.0")), Entry(2, CommittedChange.Version("5.1", "6.0")));

        _world.Metadata.ClusterVersion.Should().Be("6.0");
        _world.Started.OfType<ReportNotice>().Should().ContainSingle(notice => notice.Detail.Contains("5.1"));
    }

    [Fact]
    public void Who_waits_for_the_cluster_to_be_read_is_answered_by_the_first_node_that_can_be_used()
    {
        _world.Step(new RefreshRequested(4, IsFirst: true));
        Commit(Entry(1, CommittedChange.Joined(Node(1))));
        _world.Started.OfType<AnswerWaiters>().Should().BeEmpty();

        Commit(Entry(2, CommittedChange.Promoted(Id(1))));

        _world.Started.OfType<AnswerWaiters>().Should().ContainSingle().Which.Error.Should().BeNull();
    }

    private static TopologyLogEntry Entry(long index, TopologyChange change) => TopologyLogEntry.Of(new LogPosition(0, index), change);

    private static CommittedNode Node(int id, int? at = null) => new() { HostId = Id(id), Endpoint = At(at ?? id), Datacenter = "dc1", Rack = "r1" };

    private void Commit(params TopologyLogEntry[] entries) => _world.Step(new EntriesCommitted([.. entries]));

    /// <summary>A member with an open connection.</summary>
    private void Serve(int node)
    {
        if (_world.State.Health.IsEmpty)
        {
            _world.Attach();
        }

        Commit(Entry(node, CommittedChange.Joined(Node(node) with { State = TopologyState.Normal })));
        _world.DialAll();
    }

    /// <summary>A kind of change that nobody knows how to apply.</summary>
    private sealed record Unheard : TopologyChange;
}
