using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

/// <summary>Applications that follow the driver's own log: from the beginning, from a position, and slowly.</summary>
public sealed class AppliersTests
{
    [Fact]
    public async Task Appliers_of_an_application_follow_the_cluster()
    {
        var (snapshot, log, failing) = (new SnapshotApplier(), new LogOnlyApplier(), new FailingApplier());
        await using var cluster = await WatchedCluster.StartAsync(configure: options => options.Appliers = [snapshot, failing, log]);
        await cluster.AllPoolsOpenAsync();

        await cluster.Server.Nodes[1].MoveAsync(OldAddress.Closed);
        await cluster.AllPoolsOpenAsync();

        await Eventually.BecomesTrueAsync(() => snapshot.Position.Index >= cluster.Metadata.AppliedIndex && log.Position == snapshot.Position, "the appliers have taken everything");
        snapshot.Current.Nodes.Select(node => (node.HostId, node.Endpoint, node.Generation)).Should().Equal(cluster.Metadata.Nodes.Select(node => (node.HostId, node.Endpoint, node.Generation)));
        log.Count(TopologyEntryKind.NodeMoved).Should().Be(1);
        failing.Calls.Should().BeGreaterThan(1, "one that fails is told on, and keeps nobody back");
    }

    [Fact]
    public async Task A_listener_that_names_a_position_gets_what_came_after_it()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        var known = cluster.Metadata.AppliedIndex;
        await cluster.Server.Nodes[1].MoveAsync(OldAddress.Closed);
        await cluster.AllPoolsOpenAsync();

        var heard = await TakeAsync(cluster.Cluster.ListenAsync(known), until: cluster.Metadata.AppliedIndex);

        heard[0].Index.Should().Be(known + 1);
        heard.Select(change => change.Index).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        (await TakeAsync(cluster.Cluster.ListenAsync(0), until: known))[0].Index.Should().Be(1);
    }

    [Fact]
    public async Task Who_waits_for_a_change_has_it_when_the_wait_ends()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        var next = cluster.Metadata.AppliedIndex + 1;
        var wait = cluster.Cluster.WaitForAppliedAsync(next);
        wait.IsCompleted.Should().BeFalse();

        await cluster.Server.Nodes[1].MoveAsync(OldAddress.Closed);
        await wait;

        cluster.Metadata.AppliedIndex.Should().BeGreaterThanOrEqualTo(next);
        await cluster.Cluster.WaitForAppliedAsync(1);
        using var given = new CancellationTokenSource();
        var hopeless = cluster.Cluster.WaitForAppliedAsync(new LogPosition(9, 9), given.Token);
        await given.CancelAsync();
        await FluentActions.Awaiting(() => hopeless).Should().ThrowAsync<OperationCanceledException>();
    }

    private static async Task<List<TopologyChange>> TakeAsync(IAsyncEnumerable<TopologyChange> changes, long until)
    {
        var heard = new List<TopologyChange>();
        await foreach (var change in changes)
        {
            heard.Add(change);
            if (change.Index >= until)
            {
                break;
            }
        }

        return heard;
    }

    private sealed class FailingApplier : ITopologyApplier
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public LogPosition Position => default;

        public LogPosition Apply(ReadOnlySpan<TopologyLogEntry> entries)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException("It does not like them.");
        }
    }
}
