using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

/// <summary>Session and cluster are disposed, at once and twice, while something of every kind hangs.</summary>
public sealed class DisposalTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Held => ["dial", "handshake", "keyspace", "keyspace of a dial", "refresh", "prepare", "request", "control connection", "reconnection", "move"];

    [Theory]
    [MemberData(nameof(Held))]
    public async Task Nothing_is_left_when_everything_ends_while_something_hangs(string held)
    {
        var time = new ManualTimeProvider();
        var cluster = await WatchedCluster.StartAsync(configure: options => (options.TimeProvider, options.Reconnection) = (time, new PatientReconnection()));
        await cluster.AllPoolsOpenAsync();
        var gate = new FaultGate();
        var pending = await HoldAsync(cluster, held, gate, time);

        var ends = new[] { cluster.Session.DisposeAsync().AsTask(), cluster.Cluster.DisposeAsync().AsTask(), cluster.Session.DisposeAsync().AsTask(), cluster.Cluster.DisposeAsync().AsTask() };
        await Task.WhenAll(ends).WaitAsync(Limit);

        foreach (var task in pending)
        {
            await task.Awaiting(ended => ended.WaitAsync(Limit)).Should().ThrowAsync<Exception>().Where(error => !(error is TimeoutException), "each has one outcome");
        }

        await Eventually.BecomesTrueAsync(() => time.ArmedTimers.Count == 0, "no timer is armed");
        gate.Open();
        await Eventually.BecomesTrueAsync(() => cluster.Server.Nodes.All(node => node.Statistics.ConnectionsOpen == 0), "every socket is closed");
        await cluster.DisposeAsync();
    }

    private static async Task<List<Task>> HoldAsync(WatchedCluster cluster, string held, FaultGate gate, ManualTimeProvider time)
    {
        var node = cluster.Server.Nodes.First(node => node != cluster.ControlNode);
        FaultRule Hold(RequestKind kind, string? statement = null) =>
            cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = kind, StatementContains = statement });
        switch (held)
        {
            case "dial":
                return await AfterLossAsync(node, Hold(RequestKind.Connect));
            case "handshake":
                return await AfterLossAsync(node, Hold(RequestKind.Options));
            case "keyspace of a dial":
                return await AfterLossAsync(node, Hold(RequestKind.Query, "USE"));
            case "control connection":
                return await AfterLossAsync(cluster.ControlNode, Hold(RequestKind.Register));
            case "keyspace":
                return await AsyncOf(Hold(RequestKind.Query, "USE"), () => cluster.Session.ExecuteAsync("USE system").AsTask());
            case "refresh":
                return await AsyncOf(Hold(RequestKind.Query, "system.peers"), () => cluster.Cluster.RefreshMetadataAsync());
            case "prepare":
                return await AsyncOf(Hold(RequestKind.Prepare), () => cluster.Session.PrepareAsync("SELECT * FROM t"));
            case "request":
                return await AsyncOf(Hold(RequestKind.Query, "INSERT"), () => cluster.Session.ExecuteAsync("INSERT INTO t (id, n) VALUES (1, 1)").AsTask());
            case "reconnection":
                await node.KillAsync();
                await time.WhenArmed(PatientReconnection.Delay);
                return [];
            default:
                var dialled = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Node = node });
                await node.MoveAsync(OldAddress.Kept);
                await Eventually.BecomesTrueAsync(
                    () =>
                    {
                        if (time.ArmedTimers is [var due, ..] && due <= TimeSpan.FromSeconds(1))
                        {
                            time.Advance(due);
                        }

                        return dialled.Hits > 0;
                    },
                    "the new address is dialled");
                return [];
        }
    }

    private static async Task<List<Task>> AfterLossAsync(EmbeddedNode node, FaultRule rule)
    {
        await node.DropConnectionsAsync(abruptly: true);
        await rule.WaitForHitsAsync(1);
        return [];
    }

    private static async Task<List<Task>> AsyncOf(FaultRule rule, Func<Task> start)
    {
        var task = start();
        await rule.WaitForHitsAsync(1);
        return [task];
    }
}
