using CqlDriver.Effects;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

public sealed class ChangeListenersTests
{
    [Fact]
    public async Task Changes_come_once_in_order_and_the_snapshot_is_at_least_as_new()
    {
        var metadata = Metadata.Empty;
        var listeners = new ChangeListeners(16, () => metadata, () => new TopologyLog(4));
        var heard = Listen(listeners);
        for (var index = 1; index <= 5; index++)
        {
            metadata = metadata with { AppliedIndex = index };
            listeners.Publish([new NodeLeft(Id(1)) { Index = index }]);
        }

        listeners.End();
        (await heard).Select(change => change.Index).Should().Equal(1, 2, 3, 4, 5);
    }

    [Fact]
    public async Task A_listener_that_is_too_slow_gets_a_snapshot_in_place_of_what_it_missed()
    {
        var metadata = Metadata.Empty;
        var listeners = new ChangeListeners(2, () => metadata, () => new TopologyLog(4));
        await using var listener = listeners.ListenAsync(null, CancellationToken.None).GetAsyncEnumerator();
        var first = listener.MoveNextAsync();
        for (var index = 1; index <= 10; index++)
        {
            metadata = metadata with { AppliedIndex = index };
            listeners.Publish([new NodeLeft(Id(1)) { Index = index }]);
        }

        listeners.End();
        var heard = new List<TopologyChange>();
        for (var more = await first; more; more = await listener.MoveNextAsync())
        {
            heard.Add(listener.Current);
        }

        heard.Should().BeInAscendingOrder(change => change.Index);
        heard[^1].Should().BeOfType<SnapshotInstalled>().Which.Snapshot.AppliedIndex.Should().Be(10);
    }

    [Fact]
    public async Task Of_what_is_not_kept_any_more_the_snapshot_stands_in()
    {
        var metadata = Metadata.Empty;
        var log = new TopologyLog(capacity: 4);
        var listeners = new ChangeListeners(16, () => metadata, () => log);
        for (var index = 1; index <= 10; index++)
        {
            metadata = metadata with { AppliedIndex = index };
            log.Append([new NodeLeft(Id(1)) { Index = index }], TimeSpan.Zero);
        }

        listeners.End();

        (await Listen(listeners, after: 6)).Select(change => change.Index).Should().Equal(7, 8, 9, 10);
        (await Listen(listeners, after: 5)).Should().ContainSingle().Which.Should().BeOfType<SnapshotInstalled>().Which.Index.Should().Be(10);
        (await Listen(listeners, after: 10)).Should().BeEmpty();
    }

    private static async Task<List<TopologyChange>> Listen(ChangeListeners listeners, long? after = null)
    {
        var heard = new List<TopologyChange>();
        await foreach (var change in listeners.ListenAsync(after, CancellationToken.None))
        {
            heard.Add(change);
        }

        return heard;
    }
}
