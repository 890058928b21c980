using System.Text;
using CqlDriver.Connections;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Connections;

public class HandshakeTests
{
    private static readonly HostId Other = new(Guid.Parse("99999999-8888-7777-6666-555555555555"));

    [Theory]
    [InlineData(ProtocolVersion.V5, "3/v3", "4/v4", "5/v5", "6/v6-beta")]
    [InlineData(ProtocolVersion.V4, "3/v3", "4/v4")]
    [InlineData(ProtocolVersion.V4, "4/v4", "5/v5-beta")]
    public async Task The_newest_listed_version_that_is_no_beta_is_spoken(ProtocolVersion expected, params string[] listed)
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ScriptedPeer.CassandraSupports(listed));
        await using var _ = connection;
        connection.Facts.Version.Should().Be(expected);
        peer.StartupVersion.Should().Be(expected);
        connection.Facts.HostId.Should().Be(ScriptedPeer.SomeHost);
        bench.Dialer.Clients.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_node_that_lists_nothing_and_refuses_v5_is_dialled_again_with_v4()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync();
        var supports = ScriptedPeer.CassandraSupports();
        supports.Remove("PROTOCOL_VERSIONS");
        var first = await bench.Dialer.NextPeerAsync();
        await first.AnswerOptionsAsync(supports);
        var (header, _) = await first.ReceiveAsync();
        header.Version.Should().Be(5);
        await first.SendAsync(new ErrorResponse(CqlErrorCode.ProtocolError, "Invalid or unsupported protocol version (5)"), header.Stream, 4);

        var second = await bench.Dialer.NextPeerAsync();
        await first.WhenClientClosedAsync();
        await second.AcceptAsync(supports);
        await using var connection = await opening;
        connection.Facts.Version.Should().Be(ProtocolVersion.V4);
    }

    [Fact]
    public async Task A_forced_version_that_is_refused_is_an_error_that_says_so()
    {
        var bench = new ConnectionBench(settings => settings with { ForcedVersion = ProtocolVersion.V5 });
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        var (header, _) = await peer.ReceiveAsync();
        header.Version.Should().Be(5);
        await peer.SendAsync(new ErrorResponse(CqlErrorCode.ProtocolError, "unsupported"), header.Stream, 4);
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage("*v5*configured*unsupported*");
        await peer.WhenClientClosedAsync();
    }

    [Fact]
    public async Task Another_node_is_refused_before_startup()
    {
        var bench = new ConnectionBench(settings => settings with { Authentication = new PlainTextAuthProvider("u", "secret") });
        var opening = bench.OpenAsync(new ConnectionPurpose { ExpectedHostId = ScriptedPeer.SomeHost });
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.ScyllaSupports(Other));

        var refusal = (await opening.Invoking(task => task).Should().ThrowAsync<WrongNodeException>()).Which;
        (refusal.Expected, refusal.Actual).Should().Be((ScriptedPeer.SomeHost, Other));
        await peer.Invoking(p => p.ReceiveAsync()).Should().ThrowAsync<EndOfStreamException>("nothing follows OPTIONS");
        bench.Observer.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task On_cassandra_another_node_is_refused_before_the_connection_is_handed_out()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync(new ConnectionPurpose { ExpectedHostId = ScriptedPeer.SomeHost, Keyspace = "ks" });
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.CassandraSupports("5/v5"));
        await peer.AnswerStartupAsync(new ReadyResponse());
        var (identity, _) = await peer.ReceiveAsync();
        var (use, _) = await peer.ReceiveAsync();                     // the same flight: not answered yet
        await peer.SendAsync(new SetKeyspaceResponse("ks"), use);
        await peer.SendHostIdAsync(identity, Other);

        (await opening.Invoking(task => task).Should().ThrowAsync<WrongNodeException>()).Which.Actual.Should().Be(Other);
        await peer.WhenClientClosedAsync();
        bench.Observer.Calls.Should().BeEmpty();
    }

    [Fact]
    public async Task The_keyspace_is_quoted_used_and_remembered()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync(new ConnectionPurpose { Keyspace = "My\"ks" });
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AcceptAsync(ScriptedPeer.ScyllaSupports(ScriptedPeer.SomeHost));
        var (header, request) = await peer.ReceiveAsync();
        request.Should().BeOfType<QueryRequest>().Which.Cql.Should().Be("USE \"My\"\"ks\"");
        await peer.SendAsync(new SetKeyspaceResponse("My\"ks"), header);
        await using var connection = await opening;
        connection.Keyspace.Should().Be("My\"ks");
    }

    [Fact]
    public async Task A_keyspace_that_does_not_exist_leaves_nothing_open()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync(new ConnectionPurpose { Keyspace = "nope" });
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AcceptAsync(ScriptedPeer.ScyllaSupports(ScriptedPeer.SomeHost));
        var (header, _) = await peer.ReceiveAsync();
        await peer.SendAsync(new ErrorResponse(CqlErrorCode.Invalid, "Keyspace 'nope' does not exist"), header);
        (await opening.Invoking(task => task).Should().ThrowAsync<UnexpectedAnswerException>()).Which.Error!.Code.Should().Be(CqlErrorCode.Invalid);
        bench.Dialer.Clients.Should().OnlyContain(client => client.IsDisposed);
    }

    [Fact]
    public async Task Scylla_extensions_are_read_and_echoed()
    {
        var bench = new ConnectionBench(settings => settings with { ApplicationName = "app", ClientId = Other.Value });
        var (connection, peer) = await bench.ConnectedAsync(ScriptedPeer.ScyllaSupports(ScriptedPeer.SomeHost, shard: 1, shards: 8));
        await using var _ = connection;
        connection.Facts.Should().BeEquivalentTo(new ConnectionFacts(ProtocolVersion.V4)
        {
            HostId = ScriptedPeer.SomeHost,
            HasResultMetadataIds = true,
            Sharding = new ShardingFacts(1, 8, 12, 19042, null),
            LwtMask = 0x8000_0000,
            RateLimitErrorCode = 0xF000,
            TabletsVersion = 1,
        });
        peer.StartupOptions.Should().Contain(new Dictionary<string, string>
        {
            ["CQL_VERSION"] = "3.0.0",
            ["APPLICATION_NAME"] = "app",
            ["CLIENT_ID"] = Other.ToString(),
            ["SCYLLA_LWT_ADD_METADATA_MARK"] = "2147483648",
            ["SCYLLA_RATE_LIMIT_ERROR"] = "",
            ["SCYLLA_USE_METADATA_ID"] = "",
            ["TABLETS_ROUTING_V1"] = "",
        });
        peer.StartupOptions.Should().NotContainKeys("SCYLLA_HOST_ID", "SCYLLA_SHARD", "COMPRESSION");
    }

    [Theory]
    [InlineData("TABLETS_ROUTING_V2_EXPERIMENTAL_V2", 2)]
    [InlineData("TABLETS_ROUTING_V2_EXPERIMENTAL_V3", 1)]
    public async Task Tablets_v2_wins_over_v1_and_only_by_its_exact_name(string key, int expected)
    {
        var supports = ScriptedPeer.ScyllaSupports(ScriptedPeer.SomeHost);
        supports[key] = [""];
        var (connection, peer) = await new ConnectionBench().ConnectedAsync(supports);
        await using var _ = connection;
        connection.Facts.TabletsVersion.Should().Be(expected);
        peer.StartupOptions!.Keys.Where(name => name.StartsWith("TABLETS", StringComparison.Ordinal)).Should().ContainSingle();
    }

    [Fact]
    public async Task Shards_that_make_no_sense_are_ignored()
    {
        var (connection, _) = await new ConnectionBench().ConnectedAsync(ScriptedPeer.ScyllaSupports(ScriptedPeer.SomeHost, shard: 9, shards: 2));
        await using var __ = connection;
        connection.Facts.Sharding.Should().BeNull();
    }

    [Theory]
    [InlineData(CqlCompression.Lz4, "4/v4", "lz4")]
    [InlineData(CqlCompression.Lz4, "5/v5", "lz4")]
    [InlineData(CqlCompression.Snappy, "4/v4", "snappy")]
    [InlineData(CqlCompression.Snappy, "5/v5", null)]
    [InlineData(CqlCompression.None, "5/v5", null)]
    public async Task Compression_is_asked_for_where_it_is_possible(CqlCompression wanted, string version, string? expected)
    {
        var bench = new ConnectionBench(settings => settings with { Compression = wanted });
        var (connection, peer) = await bench.ConnectedAsync(ScriptedPeer.CassandraSupports(version));
        await using var _ = connection;
        peer.StartupOptions!.GetValueOrDefault("COMPRESSION").Should().Be(expected);
    }

    [Theory]
    [InlineData("4/v4")]
    [InlineData("5/v5")]
    public async Task User_and_password_are_sent_when_asked_for(string version)
    {
        var bench = new ConnectionBench(settings => settings with { Authentication = new PlainTextAuthProvider("ann", "pass") });
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.CassandraSupports(version));
        await peer.AnswerStartupAsync(new AuthenticateResponse("org.apache.cassandra.auth.PasswordAuthenticator"));
        var (first, request) = await peer.ReceiveAsync();
        Encoding.UTF8.GetString(request.Should().BeOfType<AuthResponseRequest>().Which.Token!).Should().Be("\0ann\0pass");
        await peer.SendAsync(new AuthChallengeResponse([]), first);
        var (second, _) = await peer.ReceiveAsync();
        await peer.SendAsync(new AuthSuccessResponse(null), second);
        await peer.AnswerIdentityAsync(ScriptedPeer.SomeHost);
        await using var connection = await opening;
        connection.IsOpen.Should().BeTrue();
    }

    [Fact]
    public async Task Refused_credentials_are_told_with_the_nodes_words_and_without_the_secret()
    {
        var bench = new ConnectionBench(settings => settings with { Authentication = new PlainTextAuthProvider("ann", "hunter2") });
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.CassandraSupports("5/v5"));
        await peer.AnswerStartupAsync(new AuthenticateResponse("PasswordAuthenticator"));
        var (header, _) = await peer.ReceiveAsync();
        await peer.SendAsync(new ErrorResponse(CqlErrorCode.BadCredentials, "Provided username ann is incorrect"), header);
        var failure = (await opening.Invoking(task => task).Should().ThrowAsync<CqlAuthenticationException>()).Which;
        failure.ToString().Should().Contain("username ann is incorrect").And.NotContain("hunter2");
        bench.Settings.ToString().Should().NotContain("hunter2");
        await peer.WhenClientClosedAsync();
    }

    [Fact]
    public async Task Missing_credentials_are_a_clear_error()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.CassandraSupports("5/v5"));
        await peer.AnswerStartupAsync(new AuthenticateResponse("PasswordAuthenticator"));
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlAuthenticationException>()).WithMessage("*PasswordAuthenticator*none are configured*");
    }

    [Fact]
    public async Task A_node_that_says_nothing_is_given_up_at_the_limit_and_the_message_says_where()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.AnswerOptionsAsync(ScriptedPeer.CassandraSupports("5/v5"));
        await peer.ReceiveAsync();
        bench.Time.Advance(bench.Settings.ConnectTimeout);
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage("*node.test:9042*5 s*STARTUP*");
        await peer.WhenClientClosedAsync();
        bench.Time.ArmedTimers.Should().BeEmpty();
    }

    [Fact]
    public async Task A_cancelled_open_throws_with_the_callers_token_and_leaves_nothing_open()
    {
        var bench = new ConnectionBench();
        using var cancellation = new CancellationTokenSource();
        var opening = bench.OpenAsync(cancellationToken: cancellation.Token);
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.ReceiveAsync();
        await cancellation.CancelAsync();
        (await opening.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);
        await peer.WhenClientClosedAsync();
    }

    [Fact]
    public async Task A_peer_that_speaks_something_else_is_told_apart()
    {
        var bench = new ConnectionBench();
        var opening = bench.OpenAsync();
        var peer = await bench.Dialer.NextPeerAsync();
        await peer.ReceiveAsync();
        await peer.SendRawAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage("*node.test:9042*OPTIONS*CQL*");
        await peer.WhenClientClosedAsync();
    }
}
