using CqlDriver.Connections;
using CqlDriver.Testing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Sessions;

/// <summary>An embedded cluster with a session on it and the table <c>ks.t (id int, n int, v text, PRIMARY KEY (id, n))</c>.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private TestCluster(EmbeddedCluster server, CqlSession session) => (Server, Session) = (server, session);

    public EmbeddedCluster Server { get; }

    public CqlSession Session { get; }

    public EmbeddedNode Node => Server.Nodes[0];

    public FaultRules Faults => Server.Faults;

    public static async Task<TestCluster> StartAsync(int nodes = 1, Action<CqlClusterOptions>? configure = null)
    {
        var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = nodes });
        server.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        server.Execute("CREATE TABLE ks.t (id int, n int, v text, PRIMARY KEY (id, n))");
        try
        {
            return new TestCluster(server, await CqlSession.ConnectAsync(OptionsFor(server, configure)));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public static CqlClusterOptions OptionsFor(EmbeddedCluster server, Action<CqlClusterOptions>? configure = null)
    {
        var options = new CqlClusterOptions { Keyspace = "ks" };
        options.ContactPoints.Add(server.Nodes[0].Endpoint.ToString());
        configure?.Invoke(options);
        return options;
    }

    public void Fill(int id, int rows)
    {
        for (var n = 0; n < rows; n++)
        {
            Server.Execute($"INSERT INTO ks.t (id, n, v) VALUES ({id}, {n}, 'v{n}')");
        }
    }

    /// <summary>Waits until the session has a connection to every node.</summary>
    public Task AllPoolsOpenAsync() => Eventually.BecomesTrueAsync(
        () =>
        {
            var view = Session.Executor.View;
            return view.Metadata.Nodes.Length == Server.Nodes.Count && view.Metadata.Nodes.All(node => view.PoolOf(node.Ordinal)?.TryPick(null, out _) == true);
        },
        "the session has a connection to every node");

    /// <summary>The session's connection to the only node.</summary>
    public CqlConnection Connection
    {
        get
        {
            Session.Executor.View.PoolOf(Session.Executor.View.Metadata.Nodes[0].Ordinal)!.TryPick(null, out var connection).Should().BeTrue();
            return (CqlConnection)connection!;
        }
    }

    public bool HasConnectionTo(EmbeddedNode node)
    {
        var view = Session.Executor.View;
        return view.Metadata.TryGetNode(node.HostId, out var known) && view.PoolOf(known.Ordinal)?.TryPick(null, out _) == true;
    }

    public IReadOnlyList<IReadOnlyList<byte[]?>> Stored(string select) => Server.Execute(select);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Server.DisposeAsync();
    }
}
