using CqlDriver.Testing;
using CqlDriver.Tests.Support;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Sessions;

public sealed class LostControlConnectionTests
{
    [Fact]
    public async Task The_next_node_is_taken_and_what_was_missed_is_made_good()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        var (lost, first) = (cluster.ControlNode, cluster.ControlNode);
        var gate = new FaultGate();
        var registering = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Register });

        await lost.KillAsync();
        await registering.WaitForHitsAsync(1);

        // Nobody is registered for events now.
        var added = await cluster.Server.AddNodeAsync();
        gate.Open();

        await Eventually.BecomesTrueAsync(() => cluster.IsUsed(added), "the node that came meanwhile is used");
        cluster.ControlNode.Should().NotBe(first);
        cluster.NodeOf(lost).IsUp.Should().BeFalse();
        cluster.Changes.Where(change => change is NodeLeft or NodeReplaced or NodeMoved).Should().BeEmpty();
    }

    [Fact]
    public async Task It_carries_no_request_of_a_user()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        for (var i = 0; i < 30; i++)
        {
            await cluster.Session.ExecuteAsync($"INSERT INTO t (id, n) VALUES ({i}, 0)");
        }

        var control = cluster.Server.Nodes.SelectMany(node => node.Statistics.Requests).Where(request => request.Kind == RequestKind.Register).Select(request => request.Connection).Single();
        cluster.Server.Nodes.SelectMany(node => node.Statistics.RequestsWith("INSERT")).Should().HaveCount(30).And.NotContain(request => request.Connection == control);
    }

    [Fact]
    public async Task A_node_that_lags_does_not_remove_those_it_has_not_heard_of()
    {
        await using var cluster = await WatchedCluster.StartAsync();
        await cluster.AllPoolsOpenAsync();
        var (lost, unheard) = (cluster.ControlNode, cluster.Server.Nodes.First(node => node != cluster.ControlNode));
        var reads = 0;
        foreach (var node in cluster.Server.Nodes.Where(node => node != lost))
        {
            // Once it leaves out a node that is there, and then no more.
            node.OverrideRows(row => row.HostId == unheard.HostId.Value && row.Peer.Equals(unheard.Endpoint.Address) && node != unheard && Interlocked.Increment(ref reads) == 1 ? null : row);
        }

        await lost.KillAsync();
        await lost.StartAsync();
        await cluster.AllPoolsOpenAsync();
        await cluster.Cluster.RefreshMetadataAsync();

        cluster.Changes.OfType<NodeLeft>().Should().BeEmpty();
        unheard.Statistics.ConnectionsAccepted.Should().BeLessThanOrEqualTo(2, "its connection of before is still used, beside a control connection perhaps");
    }
}
