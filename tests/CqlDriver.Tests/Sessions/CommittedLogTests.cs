using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>
/// A session that follows the committed log of its cluster, on real sockets: the rows of the applier's table, end to end. The
/// rules themselves are in <c>Topology/Log</c>.
/// </summary>
public sealed class CommittedLogTests
{
    [Fact]
    public async Task The_log_is_enough_and_no_control_connection_is_opened()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();

        var added = await cluster.Server.AddNodeAsync();
        await cluster.AllPoolsOpenAsync();
        await added.MoveAsync();
        await cluster.AllPoolsOpenAsync();
        await cluster.Server.ReplaceNodeAsync(cluster.Server.Nodes[1]);
        await cluster.AllPoolsOpenAsync();
        await cluster.Server.RemoveNodeAsync(added);
        await cluster.AllPoolsOpenAsync();

        await cluster.Session.ExecuteAsync("INSERT INTO ks.t (id, n) VALUES (1, 1)");
        cluster.Server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Register)).Should().Be(0);
        cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith("system.peers").Length).Should().Be(0);
    }

    /// <summary>A2, A5, A6: in order, a gap is allowed, what is old has no effect.</summary>
    [Fact]
    public async Task Gaps_are_allowed_and_old_entries_have_no_effect()
    {
        await using var cluster = await StartAsync();
        var log = cluster.Server.CommittedLog;
        var node = cluster.Server.Nodes[2].HostId;

        log.Skip(5);
        var draining = log.Append(CommittedChange.Draining(node));
        log.Append(CommittedChange.Left(node));
        log.Append(CommittedChange.Joined(new CommittedNode { HostId = node, Endpoint = cluster.Server.Nodes[2].Endpoint, Datacenter = "datacenter1", Tokens = cluster.Server.Nodes[2].Tokens, State = TopologyState.Normal }));
        var back = log.AppendEmpty();
        await AppliedAsync(cluster, back);
        var changes = cluster.Metadata.AppliedIndex;
        log.Repeat(draining);
        log.StepBack(draining, CommittedChange.Left(node));
        await AppliedAsync(cluster, log.AppendEmpty());

        cluster.Metadata.NodeOf(node)!.State.Should().Be(TopologyState.Normal, "an old entry does not undo a newer one");
        cluster.Metadata.AppliedIndex.Should().Be(changes + 1, "only the last entry counts");
    }

    /// <summary>A3, A4, A38: entries without a meaning for clients move the position and nothing else.</summary>
    [Fact]
    public async Task Empty_and_foreign_entries_move_the_position_alone()
    {
        await using var cluster = await StartAsync();
        var nodes = cluster.Metadata.Nodes;

        cluster.Server.CommittedLog.AppendEmpty();
        for (byte kind = 0; kind < 20; kind++)
        {
            cluster.Server.CommittedLog.AppendOpaque(kind);
        }

        var last = cluster.Server.CommittedLog.AppendEmpty();
        await AppliedAsync(cluster, last);
        cluster.Metadata.Source.Should().Be(last);
        cluster.Metadata.Nodes.Should().Equal(nodes);
        cluster.Changes.OfType<NodeChange>().Should().OnlyContain(change => change is NodeJoined);
    }

    /// <summary>A7, A8: what is intact and not understood is skipped.</summary>
    [Fact]
    public async Task Entries_of_a_later_version_are_skipped()
    {
        await using var cluster = await StartAsync();

        var unknown = cluster.Server.CommittedLog.AppendGarbage();
        var added = await cluster.Server.AddNodeAsync();
        await cluster.AllPoolsOpenAsync();

        cluster.Changes.OfType<UndecodableEntry>().Should().ContainSingle(entry => entry.Source == unknown);
        cluster.IsUsed(added).Should().BeTrue();
    }

    /// <summary>Section 2.14: a damaged entry is a fault; the last good view serves on until a snapshot.</summary>
    [Fact]
    public async Task After_a_damaged_entry_nothing_is_applied_until_a_snapshot()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var good = cluster.Server.CommittedLog.Head;

        cluster.Server.CommittedLog.AppendDamaged();
        cluster.Server.CommittedLog.Append(CommittedChange.Left(cluster.Server.Nodes[1].HostId));
        await FaultedAsync(cluster);
        cluster.Metadata.Nodes.Should().HaveCount(3);
        cluster.Metadata.Source.Should().Be(good);
        await cluster.Session.ExecuteAsync("INSERT INTO ks.t (id, n) VALUES (1, 1)");

        var snapshot = cluster.Server.CommittedLog.AppendSnapshot();
        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Source == snapshot, "the snapshot is applied");
        await cluster.Cluster.RefreshMetadataAsync();
        await cluster.AllPoolsOpenAsync();
    }

    [Fact]
    public async Task A_stream_that_begins_anew_after_a_fault_asks_for_a_snapshot()
    {
        await using var cluster = await StartAsync();
        cluster.Server.CommittedLog.AppendDamaged();
        await FaultedAsync(cluster);

        cluster.Server.CommittedLog.EndStreams();

        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Source == cluster.Server.CommittedLog.Head, "the snapshot that the log made for it is applied");
        await cluster.Cluster.RefreshMetadataAsync();
    }

    [Fact]
    public async Task A_stream_that_ends_is_begun_again_where_the_driver_stands()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var changes = cluster.Metadata.AppliedIndex;

        cluster.Server.CommittedLog.EndStreams();
        var added = await cluster.Server.AddNodeAsync();
        await cluster.AllPoolsOpenAsync();

        cluster.Changes.OfType<SnapshotInstalled>().Should().BeEmpty();
        cluster.Changes.Where(change => change.Index > changes).OfType<NodeChange>().Where(change => change is not NodeUp and not ShardingChanged).Select(change => (change.GetType(), change.HostId))
            .Should().Equal((typeof(NodeJoined), added.HostId), (typeof(NodePromoted), added.HostId));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_epoch_begins_with_a_snapshot_or_is_not_believed(bool withSnapshot)
    {
        await using var cluster = await StartAsync();

        var first = cluster.Server.CommittedLog.BeginEpoch(withSnapshot);

        if (withSnapshot)
        {
            await AppliedAsync(cluster, first);
            await cluster.AllPoolsOpenAsync();
        }
        else
        {
            await FaultedAsync(cluster);
        }
    }

    /// <summary>A15, A18, A19: known and in no plan, then promoted, from the first request on with an open connection.</summary>
    [Fact]
    public async Task A_node_that_joins_gets_requests_when_it_is_promoted()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var joining = await cluster.Server.AddNodeAsync(new EmbeddedNodeOptions { IsJoining = true });
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Head);
        cluster.NodeOf(joining).State.Should().Be(TopologyState.Joining);
        joining.Statistics.ConnectionsAccepted.Should().Be(0);

        await joining.FinishJoiningAsync();
        await cluster.AllPoolsOpenAsync();
        var promoted = cluster.Server.CommittedLog.Append(CommittedChange.Promoted(joining.HostId));
        await AppliedAsync(cluster, promoted);

        cluster.NodeOf(joining).State.Should().Be(TopologyState.Normal, "promoted twice is promoted once");
    }

    /// <summary>A16, A17: joined twice is one node; a node without a usable address is known and not dialled.</summary>
    [Fact]
    public async Task A_node_without_an_address_is_not_dialled_until_it_has_one()
    {
        await using var cluster = await StartAsync();
        var server = cluster.Server.Nodes[2];
        cluster.Server.CommittedLog.Append(CommittedChange.Left(server.HostId));
        var told = new CommittedNode { HostId = server.HostId, Datacenter = server.Datacenter, Tokens = server.Tokens, State = TopologyState.Normal };
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Append(CommittedChange.Joined(told)));
        await Eventually.BecomesTrueAsync(() => server.Statistics.ConnectionsOpen == 0, "nothing connects to it");
        cluster.NodeOf(server).Endpoint.Should().BeNull();

        cluster.Server.CommittedLog.Append(CommittedChange.Joined(told with { Endpoint = server.Endpoint }));
        var generation = cluster.NodeOf(server).Generation;
        cluster.Server.CommittedLog.Append(CommittedChange.Joined(told with { Endpoint = server.Endpoint }));

        await cluster.AllPoolsOpenAsync();
        cluster.Metadata.Nodes.Should().HaveCount(3);
        cluster.NodeOf(server).Generation.Should().BeGreaterThanOrEqualTo(generation);
    }

    /// <summary>A20–A22, A50: the plan of a decommission, entry by entry, and what becomes of the pool.</summary>
    [Fact]
    public async Task A_decommission_is_shown_in_the_order_of_its_plan()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var leaving = cluster.Server.Nodes[2];
        var before = cluster.Server.CommittedLog.Head;

        await cluster.Server.DecommissionNodeAsync(leaving);
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Head);
        await Eventually.BecomesTrueAsync(() => leaving.Statistics.ConnectionsOpen == 0, "its connections have ended");

        var plan = EmbeddedCommittedLog.PlanOfDecommission(leaving);
        cluster.Server.CommittedLog.Entries.Where(entry => entry.Position > before).Select(entry => KindOf(entry.Change!)).Should().Equal(plan);
        cluster.Batches.Where(change => change.Source > before).Select(change => KindOf(change)).Should().Equal(plan);
        cluster.Metadata.TryGetNode(leaving.HostId, out _).Should().BeFalse();
    }

    /// <summary>A20, A21 in steps: a draining node still serves, a decommissioned one does not.</summary>
    [Fact]
    public async Task A_node_drains_then_serves_no_more_then_is_gone()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var leaving = cluster.Server.Nodes[2];

        await AppliedAsync(cluster, cluster.Server.CommittedLog.Append(CommittedChange.Draining(leaving.HostId)));
        cluster.NodeOf(leaving).State.Should().Be(TopologyState.Draining);
        cluster.IsUsed(leaving).Should().BeTrue("what is there goes on");
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Append(CommittedChange.Decommissioned(leaving.HostId)));
        await Eventually.BecomesTrueAsync(() => leaving.Statistics.ConnectionsOpen == 0, "its pool has drained");
        cluster.NodeOf(leaving).State.Should().Be(TopologyState.Decommissioned);
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Append(CommittedChange.Left(leaving.HostId)));

        cluster.Metadata.Nodes.Should().HaveCount(2);
    }

    /// <summary>A23, A24: changes of unknown nodes, and changes that change nothing, are harmless.</summary>
    [Fact]
    public async Task Changes_of_unknown_nodes_are_harmless()
    {
        await using var cluster = await StartAsync();
        var nodes = cluster.Metadata.Nodes;
        var unknown = new HostId(Guid.NewGuid());

        var last = LogPosition.Start;
        foreach (var change in new[] { CommittedChange.Promoted(unknown), CommittedChange.Draining(unknown), CommittedChange.Decommissioned(unknown), CommittedChange.Left(unknown), CommittedChange.Moved(unknown, new NodeEndpoint("127.0.0.99", 9042)) })
        {
            last = cluster.Server.CommittedLog.Append(change);
        }

        await AppliedAsync(cluster, last);
        cluster.Metadata.Nodes.Should().Equal(nodes);
    }

    /// <summary>A25–A27: a batch is one swap, nested to any depth, and told with its parts.</summary>
    [Fact]
    public async Task A_batch_is_one_change()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var (one, other) = (cluster.Server.Nodes[1].HostId, cluster.Server.Nodes[2].HostId);

        var batch = cluster.Server.CommittedLog.AppendBatch(CommittedChange.Draining(one), CommittedChange.Batch(CommittedChange.Draining(other), CommittedChange.Batch(CommittedChange.Decommissioned(other))));
        await AppliedAsync(cluster, batch);

        var told = cluster.Batches.Single(change => change.Source == batch).Should().BeOfType<ChangeBatch>().Which;
        told.Changes.Select(part => part.GetType()).Should().Equal(typeof(NodeDraining), typeof(NodeDraining), typeof(NodeDecommissioned));
        cluster.Metadata.Nodes.Single(node => node.HostId == other).State.Should().Be(TopologyState.Decommissioned);
    }

    /// <summary>A39.</summary>
    [Fact]
    public async Task The_version_of_the_cluster_is_taken_even_if_another_one_was_expected()
    {
        await using var cluster = await StartAsync();
        cluster.Server.CommittedLog.Append(CommittedChange.Version(null, "1"));
        await AppliedAsync(cluster, cluster.Server.CommittedLog.Append(CommittedChange.Version("9", "2")));

        cluster.Metadata.ClusterVersion.Should().Be("2");
    }

    [Fact]
    public async Task All_nodes_under_other_host_ids_are_the_same_nodes()
    {
        await using var cluster = await StartAsync();
        await cluster.AllPoolsOpenAsync();
        var accepted = cluster.Server.Nodes.Sum(node => node.Statistics.ConnectionsAccepted);

        await cluster.Server.ReidentifyAllAsync();
        await cluster.AllPoolsOpenAsync();

        cluster.Server.Nodes.Sum(node => node.Statistics.ConnectionsAccepted).Should().Be(accepted, "no connection was closed");
        cluster.Changes.OfType<NodeReidentified>().Should().HaveCount(3);
    }

    [Fact]
    public async Task The_schema_is_read_where_the_log_says_the_nodes_are_and_when_it_says_that_it_changed()
    {
        await using var cluster = await StartAsync(options => options.ReadSchema = true);
        await Eventually.BecomesTrueAsync(() => cluster.Metadata.Schema.TryGetTable("ks", "t", out _), "the schema was read");

        cluster.Server.CommittedLog.Append(CommittedChange.Schema("CREATED", "TABLE", "ks", "later"));
        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.Sum(node => node.Statistics.RequestsWith("FROM system_schema.tables").Length) == 2, "it is read again");

        cluster.Metadata.SchemaChanges.Should().Be(1);
        cluster.Server.Nodes.Sum(node => node.Statistics.Count(RequestKind.Register)).Should().Be(1);
    }

    private static TopologyEntryKind KindOf(TopologyChange change) => TopologyChangeCodec.KindOf(change);

    private static async Task FaultedAsync(WatchedCluster cluster)
    {
        await Eventually.BecomesTrueAsync(() => cluster.Cluster.TopologyFault is TopologyFaultException, "the log is not believed");
        var refreshing = () => cluster.Cluster.RefreshMetadataAsync();
        await refreshing.Should().ThrowAsync<TopologyFaultException>("whoever waits for a refresh is told");
    }

    private static async Task AppliedAsync(WatchedCluster cluster, LogPosition position) =>
        await cluster.Cluster.WaitForAppliedAsync(position).WaitAsync(TimeSpan.FromSeconds(30));

    private static Task<WatchedCluster> StartAsync(Action<CqlClusterOptions>? configure = null)
    {
        EmbeddedCluster? embedded = null;
        return WatchedCluster.StartAsync(
            configure: options =>
            {
                options.ReadSchema = false;
                options.ContactPoints.Clear();
                options.TopologyMonitor = _ => new CommittedLogMonitor((start, token) => embedded!.CommittedLog.ReadAsync(start, token));
                configure?.Invoke(options);
            },
            contactPoints: server =>
            {
                embedded = server;
                return [];
            });
    }
}
