using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

/// <summary>Tablets over real sockets: what a session learns of them from answers, and where its requests go then.</summary>
public sealed class TabletTests
{
    private const int Key = 7;

    [Fact]
    public async Task What_went_astray_teaches_and_the_next_goes_to_the_replica_and_its_shard()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");

        await LearnAsync(cluster, insert, Key);

        (await PlacesAsync(cluster, insert, Key, 20)).Should().AllBeEquivalentTo(PlaceOf(cluster, Key));
    }

    [Fact]
    public async Task Each_tablet_is_learnt_by_itself_and_holes_are_no_ring()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");

        await LearnAsync(cluster, insert, Key);

        cluster.Metadata.Routing.Rings.Should().NotContainKey("ks");
        cluster.Metadata.Routing.Tables[Scope].GroupCount.Should().BeInRange(1, 2);
        var elsewhere = Enumerable.Range(0, 100).First(id => Known(cluster, id) is null);
        (await PlacesAsync(cluster, insert, elsewhere, 1)).Should().ContainSingle("it is served all the same");
    }

    [Fact]
    public async Task Through_all_stages_of_a_move_the_old_replica_is_asked_and_only_its_end_is_learnt()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        var (old, to) = (OwnerOf(cluster, Key), Another(cluster, Key));
        var before = cluster.Metadata.Routing;

        cluster.Server.Tablets.BeginMove("ks", "t", TokenOf(Key), old, to, shard: 1);
        while (true)
        {
            (await PlacesAsync(cluster, insert, Key, 5)).Select(place => place.HostId).Should().AllBeEquivalentTo(old.HostId);
            cluster.Metadata.Routing.Should().BeSameAs(before, "no stage of a move is told");
            if (cluster.Server.Tablets.At("ks", "t", TokenOf(Key)).Stage == TabletStage.UseNew)
            {
                break;
            }

            cluster.Server.Tablets.Advance("ks", "t", TokenOf(Key));
        }

        cluster.Server.Tablets.Advance("ks", "t", TokenOf(Key));
        (await PlacesAsync(cluster, insert, Key, 1)).Should().ContainSingle(place => place.HostId == old.HostId, "nobody has told yet");
        await Eventually.BecomesTrueAsync(() => Known(cluster, Key)!.Replicas[0] == new Replica(to.HostId, 1), "the new replica is known");

        (await PlacesAsync(cluster, insert, Key, 10)).Should().AllBeEquivalentTo(new Replica(to.HostId, 1));
        cluster.Changes.OfType<CqlDriver.Topology.RangeReassigned>().Last().Replicas.Should().Equal(new Replica(to.HostId, 1));
        var move = cluster.Cluster.Handovers.TabletMoves().Should().ContainSingle("a tablet that was not known before has not moved").Subject;
        (move.Scope, move.From[0].HostId, move.To[0].HostId, move.Astray).Should().Be((Scope, old.HostId, to.HostId, 1));
        cluster.Cluster.Handovers.PurgeFinishedOlderThan(TimeSpan.Zero).Should().Be(1);
    }

    [Fact]
    public async Task A_move_that_is_given_up_was_never_seen()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        var before = cluster.Metadata.Routing;

        cluster.Server.Tablets.BeginMove("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), Another(cluster, Key));
        cluster.Server.Tablets.Advance("ks", "t", TokenOf(Key));
        cluster.Server.Tablets.AbortMove("ks", "t", TokenOf(Key));

        (await PlacesAsync(cluster, insert, Key, 10)).Should().AllBeEquivalentTo(before.Find("ks", "t")!.Find(TokenOf(Key))!.Replicas[0]);
        cluster.Metadata.Routing.Should().BeSameAs(before);
    }

    [Fact]
    public async Task A_tablet_that_moves_within_its_node_is_followed_to_the_other_shard()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        var old = PlaceOf(cluster, Key);

        cluster.Server.Tablets.Move("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), OwnerOf(cluster, Key), 1 - old.Shard!.Value);
        await LearnAsync(cluster, insert, Key);

        (await PlacesAsync(cluster, insert, Key, 10)).Should().AllBeEquivalentTo(old with { Shard = 1 - old.Shard });
    }

    [Fact]
    public async Task Split_and_merged_tablets_are_learnt_as_they_are_now()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        var whole = Known(cluster, Key)!.Range;

        cluster.Server.Tablets.Split("ks", "t");
        cluster.Server.Tablets.Move("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), Another(cluster, Key));
        await LearnAsync(cluster, insert, Key);
        Known(cluster, Key)!.Range.Should().NotBe(whole).And.Be(cluster.Server.Tablets.At("ks", "t", TokenOf(Key)).Range);

        cluster.Server.Tablets.Merge("ks", "t");
        cluster.Server.Tablets.Move("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), Another(cluster, Key));
        await LearnAsync(cluster, insert, Key);
        Known(cluster, Key)!.Range.Should().Be(whole);
    }

    [Fact]
    public async Task X50_after_a_change_of_the_leader_the_next_request_goes_to_the_new_one_first()
    {
        await using var cluster = await StartAsync(options => options.OffersTabletsV2 = true);
        await cluster.Session.ExecuteAsync("CREATE KEYSPACE led WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3} AND consistency = 'global'");
        await cluster.Session.ExecuteAsync("CREATE TABLE led.t (id int PRIMARY KEY, v text)");
        var insert = await cluster.Session.PrepareAsync("INSERT INTO led.t (id, v) VALUES (?, 'v')");
        await LearnAsync(cluster, insert, Key, "led");
        (await PlacesAsync(cluster, insert, Key, 10)).Should().AllBeEquivalentTo(PlaceOf(cluster, Key, "led"), "all go to the leader");

        var next = cluster.Server.Nodes.First(node => node.HostId != PlaceOf(cluster, Key, "led").HostId);
        cluster.Server.Tablets.Lead("led", "t", TokenOf(Key), next);
        await cluster.Session.ExecuteAsync(insert, Key);
        await Eventually.BecomesTrueAsync(() => Known(cluster, Key, "led")!.Leader == next.HostId, "the new leader is known");

        (await PlacesAsync(cluster, insert, Key, 10)).Select(place => place.HostId).Should().AllBeEquivalentTo(next.HostId);
    }

    [Fact]
    public async Task A44_a_leader_that_is_down_costs_no_attempt()
    {
        await using var cluster = await StartAsync(options => options.OffersTabletsV2 = true);
        await cluster.Session.ExecuteAsync("CREATE KEYSPACE led WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3} AND consistency = 'global'");
        await cluster.Session.ExecuteAsync("CREATE TABLE led.t (id int PRIMARY KEY, v text)");
        var insert = await cluster.Session.PrepareAsync("INSERT INTO led.t (id, v) VALUES (?, 'v')");
        await LearnAsync(cluster, insert, Key, "led");
        var leader = cluster.Server.Nodes.First(node => node.HostId == PlaceOf(cluster, Key, "led").HostId);

        await leader.KillAsync();
        await Eventually.BecomesTrueAsync(() => !cluster.NodeOf(leader).IsUp, "the leader is down");
        var rows = await cluster.Session.ExecuteAsync(insert, Key);

        rows.Info.EarlierAttempts.Should().BeEmpty();
        Known(cluster, Key, "led")!.Leader.Should().Be(leader.HostId, "it is known, and not used while it is down");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task X51_what_a_strict_owner_refuses_is_tried_once_more_and_no_third_time(bool doErrorsTell)
    {
        await using var cluster = await StartAsync(configure: options => options.IsWrongReplica = error => error.Code == EmbeddedTablets.WrongOwnerCode);
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        cluster.Server.Tablets.Move("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), Another(cluster, Key), PlaceOf(cluster, Key).Shard!.Value);
        cluster.Server.Tablets.DoErrorsTell = doErrorsTell;
        cluster.Server.Tablets.AreOwnersStrict = true;
        var before = Executed(cluster).Length;

        if (doErrorsTell)
        {
            var rows = await cluster.Session.ExecuteAsync(insert, Key);

            rows.Info.Coordinator.HostId.Should().Be(PlaceOf(cluster, Key).HostId);
            rows.Info.EarlierAttempts.Should().ContainSingle();
            Executed(cluster).Length.Should().Be(before + 2);
            (await PlacesAsync(cluster, insert, Key, 5)).Should().AllBeEquivalentTo(PlaceOf(cluster, Key), "it was learnt");
        }
        else
        {
            // Another node, chosen blindly: the owner, or one that refuses for good.
            await cluster.Session.ExecuteAsync(insert, Key).AsTask().ContinueWith(static _ => { }, TaskScheduler.Default);

            Executed(cluster).Length.Should().Be(before + 2);
            Executed(cluster)[^2..].Select(request => request.Node).Should().OnlyHaveUniqueItems();
        }
    }

    [Fact]
    public async Task X51_without_the_option_it_is_an_error_like_others()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);
        cluster.Server.Tablets.Move("ks", "t", TokenOf(Key), OwnerOf(cluster, Key), Another(cluster, Key));
        cluster.Server.Tablets.AreOwnersStrict = true;

        (await FluentActions.Awaiting(async () => await cluster.Session.ExecuteAsync(insert, Key)).Should().ThrowAsync<ServerException>())
            .Which.Code.Should().Be(EmbeddedTablets.WrongOwnerCode);
    }

    [Fact]
    public async Task A_table_that_was_created_again_is_learnt_anew()
    {
        await using var cluster = await StartAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        await LearnAsync(cluster, insert, Key);

        await cluster.Session.ExecuteAsync("DROP TABLE ks.t");
        cluster.Metadata.Routing.Tables.Should().BeEmpty();
        await cluster.Session.ExecuteAsync("CREATE TABLE ks.t (id int, n int, v text, PRIMARY KEY (id, n))");
        await LearnAsync(cluster, insert, Key);

        (await PlacesAsync(cluster, insert, Key, 5)).Should().AllBeEquivalentTo(PlaceOf(cluster, Key));
    }

    [Fact]
    public async Task On_the_ring_requests_go_to_who_owns_the_token()
    {
        await using var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 4 });
        await cluster.AllPoolsOpenAsync();
        await cluster.Cluster.RefreshMetadataAsync();
        var insert = await cluster.Session.PrepareAsync("INSERT INTO ks.t (id, n, v) VALUES (?, 1, 'v')");
        for (var id = 0; id < 50; id++)
        {
            var rows = await cluster.Session.ExecuteAsync(insert, id);

            var token = TokenOf(id);
            var owner = cluster.Server.Nodes.SelectMany(node => node.Tokens.Select(own => (own, node))).OrderBy(entry => entry.own < token).ThenBy(entry => entry.own).First().node;
            rows.Info.Coordinator.HostId.Should().Be(owner.HostId);
        }
    }

    [Fact]
    public async Task On_the_ring_replicas_take_turns()
    {
        await using var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 4 });
        await cluster.AllPoolsOpenAsync();
        await cluster.Session.ExecuteAsync("CREATE KEYSPACE three WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
        await cluster.Session.ExecuteAsync("CREATE TABLE three.t (id int PRIMARY KEY, v text)");
        var insert = await cluster.Session.PrepareAsync("INSERT INTO three.t (id, v) VALUES (?, 'v')");
        var replicas = cluster.Metadata.Routing.Find("three", "t")!.Find(TokenOf(Key))!.Replicas.Select(replica => replica.HostId);

        var asked = new List<HostId>();
        for (var i = 0; i < 300; i++)
        {
            asked.Add((await cluster.Session.ExecuteAsync(insert, Key)).Info.Coordinator.HostId);
        }

        asked.Distinct().Should().BeEquivalentTo(replicas);
        asked.GroupBy(hostId => hostId).Should().OnlyContain(group => group.Count() > 70 && group.Count() < 130);
    }

    private static CqlDriver.Topology.RoutingScope Scope => new("ks", "t");

    private static async Task<WatchedCluster> StartAsync(Action<EmbeddedScyllaOptions>? server = null, Action<CqlClusterOptions>? configure = null)
    {
        var scylla = new EmbeddedScyllaOptions { ShardsPerNode = 2, TabletsPerTable = 8 };
        server?.Invoke(scylla);
        var cluster = await WatchedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3, Scylla = scylla }, configure);
        try
        {
            await Eventually.BecomesTrueAsync(
                () => cluster.Session.Executor.View is var view && view.Metadata.Nodes.Length == 3 && view.Metadata.Nodes.All(node => view.PoolOf(node.Ordinal)?.Slots.Count == 2),
                "the session has a connection to each shard");
            await cluster.Cluster.RefreshMetadataAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static Token TokenOf(int id) => Murmur3Partitioner.Hash([(byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id]);

    private static ReplicaGroup? Known(WatchedCluster cluster, int id, string keyspace = "ks") => cluster.Metadata.Routing.Find(keyspace, "t")?.Find(TokenOf(id));

    /// <summary>Where the server has the first replica.</summary>
    private static Replica PlaceOf(WatchedCluster cluster, int id, string keyspace = "ks") => cluster.Server.Tablets.At(keyspace, "t", TokenOf(id)).Replicas[0];

    private static EmbeddedNode OwnerOf(WatchedCluster cluster, int id) => cluster.Server.Nodes.First(node => node.HostId == PlaceOf(cluster, id).HostId);

    /// <summary>A node where the tablet is not, and where it is not thought to be.</summary>
    private static EmbeddedNode Another(WatchedCluster cluster, int id) =>
        cluster.Server.Nodes.First(node => node.HostId != PlaceOf(cluster, id).HostId && Known(cluster, id)?.HasReplica(node.HostId) != true);

    /// <summary>Executes until the session knows what the server knows. Requests that come to the right place by chance teach nothing.</summary>
    private static Task LearnAsync(WatchedCluster cluster, PreparedStatement insert, int id, string keyspace = "ks") => Task.Run(async () =>
    {
        for (var i = 0; i < 100_000; i++)
        {
            if (Known(cluster, id, keyspace) is { } known && cluster.Server.Tablets.At(keyspace, "t", TokenOf(id)) is var there && known.Range == there.Range && known.Replicas.SequenceEqual(there.Replicas))
            {
                return;
            }

            await cluster.Session.ExecuteAsync(insert, id);
        }

        throw new TimeoutException($"The tablet of {id} was not learnt.");
    });

    private static ImmutableArray<RequestRecord> Executed(WatchedCluster cluster) =>
        [.. cluster.Server.Nodes.SelectMany(node => node.Statistics.Requests).Where(request => request.Kind == RequestKind.Execute).OrderBy(request => request.At)];

    /// <summary>Executes so many times, and tells where the requests came to.</summary>
    private static async Task<List<Replica>> PlacesAsync(WatchedCluster cluster, PreparedStatement insert, int id, int times)
    {
        var places = new List<Replica>();
        for (var i = 0; i < times; i++)
        {
            var before = cluster.Server.Nodes.ToDictionary(node => node, node => node.Statistics.Count(RequestKind.Execute));
            await cluster.Session.ExecuteAsync(insert, id);
            var node = cluster.Server.Nodes.Single(node => node.Statistics.Count(RequestKind.Execute) > before[node]);
            places.Add(new Replica(node.HostId, node.Statistics.Requests.Last(request => request.Kind == RequestKind.Execute).Shard));
        }

        return places;
    }
}
