using CqlDriver.Testing;

namespace CqlDriver.Tests.Sessions;

public sealed class ConnectingTests
{
    [Fact]
    public async Task A_cluster_that_is_not_there_is_an_error_that_names_every_address()
    {
        var connect = () => CqlSession.ConnectAsync(new CqlClusterOptions { ContactPoints = { "127.0.0.1:1", "127.0.0.2:1" }, InitialConnectTimeout = TimeSpan.FromSeconds(1) });

        (await connect.Should().ThrowAsync<CqlConnectionException>()).WithMessage("*127.0.0.1:1*").WithMessage("*127.0.0.2:1*");
    }

    [Fact]
    public async Task One_contact_point_that_answers_is_enough()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });

        await using var session = await CqlSession.ConnectAsync($"Contact Points=127.0.0.9:1,{server.Nodes[1].Endpoint}");

        session.Cluster.Metadata.Nodes.Select(node => node.HostId).Should().BeEquivalentTo(server.Nodes.Select(node => node.HostId));
    }

    [Theory]
    [InlineData(null, null, "*asks for*")]
    [InlineData("user", "wrong", "*")]
    public async Task Refused_credentials_are_told_at_once(string? user, string? password, string message)
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Users = { ["user"] = "right" } });
        var options = TestCluster.OptionsFor(server, options => options.Authentication = user is null ? null : new PlainTextAuthProvider(user, password!));

        var connect = () => CqlSession.ConnectAsync(options);

        (await connect.Should().ThrowAsync<CqlAuthenticationException>()).WithMessage(message).Which.Message.Should().NotContain("wrong");
    }

    [Fact]
    public async Task Right_credentials_are_let_in()
    {
        await using var server = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Users = { ["user"] = "right" } });

        await using var session = await CqlSession.ConnectAsync($"Contact Points={server.Nodes[0].Endpoint};Username=user;Password=right");

        (await session.ExecuteAsync("SELECT key FROM system.local")).Count.Should().Be(1);
    }

    [Fact]
    public async Task A_keyspace_that_does_not_exist_is_an_error_that_names_it()
    {
        await using var server = await EmbeddedCluster.StartAsync();

        var connect = () => CqlSession.ConnectAsync(TestCluster.OptionsFor(server, options =>
        {
            options.Keyspace = "nowhere";
            options.InitialConnectTimeout = TimeSpan.FromSeconds(2);
        }));

        (await connect.Should().ThrowAsync<CqlException>()).WithMessage("*nowhere*");
    }

    [Fact]
    public async Task Use_moves_the_session_and_all_its_connections()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.ConnectionsPerNode = 2);
        await cluster.AllPoolsOpenAsync();
        cluster.Server.Execute("CREATE KEYSPACE other WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Server.Execute("CREATE TABLE other.only_there (id int PRIMARY KEY)");

        await cluster.Session.ExecuteAsync("USE other");

        cluster.Session.Keyspace.Should().Be("other");
        for (var i = 0; i < 20; i++)
        {
            (await cluster.Session.ExecuteAsync("SELECT * FROM only_there")).Columns[0].Keyspace.Should().Be("other");
        }
    }

    [Fact]
    public async Task After_a_statement_that_creates_a_table_the_next_one_finds_it_on_every_node()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.AllPoolsOpenAsync();

        var created = await cluster.Session.ExecuteAsync("CREATE TABLE later (id int PRIMARY KEY)");

        created.Info.IsSchemaInAgreement.Should().BeTrue();
        for (var i = 0; i < 6; i++)
        {
            await cluster.Session.ExecuteAsync("SELECT * FROM later");
        }
    }

    [Fact]
    public async Task Nodes_that_do_not_agree_on_the_schema_are_waited_for_and_told()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2, options => options.SchemaAgreementTimeout = TimeSpan.FromMilliseconds(500));
        await cluster.AllPoolsOpenAsync();
        cluster.Server.Nodes[0].SchemaVersionOverride = Guid.NewGuid();

        var created = await cluster.Session.ExecuteAsync("CREATE TABLE later (id int PRIMARY KEY)");

        created.Info.IsSchemaInAgreement.Should().BeFalse();
    }
}
