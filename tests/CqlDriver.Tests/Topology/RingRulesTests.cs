using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Topology;

public sealed class RingRulesTests
{
    [Fact]
    public void A_ring_follows_the_nodes_in_the_same_step()
    {
        var world = Begin();
        world.Metadata.Routing.Rings["ks"].GroupCount.Should().Be(2);

        world.Refresh(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2), TopologyWorld.Row(3, 3));

        world.Metadata.Routing.Rings["ks"].GroupCount.Should().Be(3);
        world.Metadata.Routing.Rings["ks"].Find(new Token(3))!.Replicas[0].HostId.Should().Be(TopologyWorld.Id(3));
    }

    [Fact]
    public void What_does_not_touch_the_ring_leaves_it_as_it_is()
    {
        var world = Begin();
        var ring = world.Metadata.Routing.Rings["ks"];

        world.Step(new NodeForced(TopologyWorld.Id(2), NodeStatus.ForcedDown));
        world.Refresh(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2) with { ReleaseVersion = "9" });

        world.Metadata.Routing.Rings["ks"].Should().BeSameAs(ring);
    }

    [Fact]
    public void A_keyspace_with_tablets_or_without_replicas_by_token_has_no_ring()
    {
        var world = Begin(Keyspace("tablets") with { UsesTablets = true }, Keyspace("local") with { ReplicationStrategy = "LocalStrategy" }, Keyspace("ks"), Keyspace("same"));

        world.Metadata.Routing.Rings.Keys.Should().Equal("ks", "same");
        world.Metadata.Routing.Rings["same"].Should().BeSameAs(world.Metadata.Routing.Rings["ks"], "they are replicated alike");
    }

    [Fact]
    public void A_big_ring_is_built_beside_the_step_and_the_one_before_serves_meanwhile()
    {
        var world = Begin();
        var old = world.Metadata.Routing.Rings["ks"];

        world.Refresh(TopologyWorld.Local(1, 1), Big(2));
        world.Metadata.Routing.Rings["ks"].Should().BeSameAs(old);
        var build = world.Take<BuildRings>();

        world.Refresh(TopologyWorld.Local(1, 1), Big(2), TopologyWorld.Row(3, 3));
        world.Started.OfType<BuildRings>().Should().BeEmpty("one at a time");

        world.Step(new RingsBuilt(build.Ticket, build.Plan.Build()));
        world.Metadata.Routing.Rings["ks"].GroupCount.Should().Be(2, "what was built counts");
        var next = world.Take<BuildRings>();

        world.Step(new RingsBuilt(next.Ticket, next.Plan.Build()));
        world.Metadata.Routing.Rings["ks"].GroupCount.Should().Be(3, "and what changed meanwhile is built next");
        world.Started.OfType<BuildRings>().Should().BeEmpty();
    }

    private static NodeRow Big(int id) => TopologyWorld.Row(id, id) with { Tokens = [.. Enumerable.Range(10, RoutingTableOfRing.Big + 1).Select(value => new Token(value))] };

    private static KeyspaceMetadata Keyspace(string name) => new(name)
    {
        ReplicationStrategy = "SimpleStrategy",
        ReplicationOptions = ImmutableSortedDictionary<string, string>.Empty.Add("replication_factor", "1"),
    };

    private static TopologyWorld Begin(params KeyspaceMetadata[] keyspaces)
    {
        var settings = new TopologySettings { ContactPoints = [TopologyWorld.At(1)], StopsAtFaults = true, ReadsSchema = true };
        var world = new TopologyWorld(settings).Begin(TopologyWorld.Local(1, 1), TopologyWorld.Row(2, 2));
        var read = world.Take<ReadSchema>();
        var known = (keyspaces.Length == 0 ? [Keyspace("ks")] : keyspaces).ToImmutableSortedDictionary(keyspace => keyspace.Name, keyspace => keyspace, StringComparer.Ordinal);
        world.Step(new SchemaRead(read.Ticket, new SchemaMetadata { IsRead = true, Keyspaces = known }));
        return world;
    }
}
