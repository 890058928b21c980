using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

public sealed class HandshakeTests
{
    public static TheoryData<ProtocolVersion, string?> Ways => new()
    {
        { ProtocolVersion.V4, null }, { ProtocolVersion.V4, "lz4" }, { ProtocolVersion.V4, "snappy" }, { ProtocolVersion.V5, null }, { ProtocolVersion.V5, "lz4" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_version_and_compression_carries_small_and_large_statements(ProtocolVersion version, string? compression)
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        cluster.Execute("CREATE TABLE ks.t (id int PRIMARY KEY, v blob)");
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0], version, compression);
        var large = new byte[700_000];
        new Random(7).NextBytes(large.AsSpan(0, 350_000));

        (await client.QueryAsync("INSERT INTO ks.t (id, v) VALUES (?, ?)", [0, 0, 0, 1], large)).Message.Should().BeOfType<VoidResponse>();
        var rows = (await client.QueryAsync("SELECT v FROM ks.t WHERE id = 1")).Rows;

        rows.Should().ContainSingle().Which[0].Should().Equal(large);
    }

    [Fact]
    public async Task Options_are_answered_before_startup_and_statements_are_not()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions
        {
            NamesHostIdInSupported = true,
            SupportedOptions = { ["SCYLLA_SHARD"] = ["0"] },
        });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint);

        var supported = ((SupportedResponse)(await client.OptionsAsync()).Message).Options;
        supported["PROTOCOL_VERSIONS"].Should().Equal("4/v4", "5/v5");
        supported["SCYLLA_HOST_ID"].Should().Equal(cluster.Nodes[0].HostId.ToString());
        supported["SCYLLA_SHARD"].Should().Equal("0");
        (await client.QueryAsync("SELECT key FROM system.local")).Error.Message.Should().Be("Unexpected message QUERY, expecting STARTUP or OPTIONS");
    }

    [Fact]
    public async Task A_version_that_is_not_spoken_is_refused_in_one_that_is()
    {
        var options = new EmbeddedClusterOptions();
        options.ProtocolVersions.Remove(ProtocolVersion.V5);
        await using var cluster = await EmbeddedCluster.StartAsync(options);
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint);

        var answer = await client.OptionsAsync();

        answer.Header.Version.Should().Be(4);
        answer.Error.Message.Should().Be("Invalid or unsupported protocol version (5); supported versions are (4/v4)");
        await using var older = await RawClient.ConnectAsync(cluster.Nodes[0], ProtocolVersion.V4);
    }

    [Theory]
    [InlineData("zip", "Unknown compression algorithm: zip")]
    [InlineData("snappy", "Snappy compression is not supported in protocol V5")]
    public async Task Compression_that_is_not_there_is_refused(string compression, string message)
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint);

        (await client.StartupAsync(compression)).Error.Message.Should().Be(message);
    }

    [Fact]
    public async Task Passwords_are_asked_for_and_checked()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Users = { ["ann"] = "secret" } });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint);

        (await client.StartupAsync()).Message.Should().Be(new AuthenticateResponse("org.apache.cassandra.auth.PasswordAuthenticator"));
        (await client.QueryAsync("SELECT key FROM system.local")).Error.Message.Should().Be("Unexpected message QUERY, expecting SASL_RESPONSE");
        (await client.AuthenticateAsync("ann", "wrong")).Error.Message.Should().Be("Provided username ann and/or password are incorrect");
        (await client.AuthenticateAsync("ann", "secret")).Message.Should().BeOfType<AuthSuccessResponse>();
        (await client.QueryAsync("SELECT key FROM system.local")).Rows.Should().ContainSingle();
    }

    [Fact]
    public async Task Tls_is_spoken_with_the_certificate_that_was_given()
    {
        using var certificate = Certificate();
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { ServerCertificate = certificate });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, trustedThumbprint: certificate.Thumbprint);

        (await client.StartupAsync("lz4")).Message.Should().BeOfType<ReadyResponse>();
        (await client.QueryAsync("SELECT * FROM system.local")).Rows.Should().ContainSingle();
    }

    [Fact]
    public async Task Malformed_requests_are_answered_and_what_is_no_frame_ends_the_connection()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0], ProtocolVersion.V4);
        await client.SendRawAsync(Convert.FromHexString("040000070700000004" + "7fffffff"));
        var malformed = await client.ReceiveAsync(answer => answer.Header.Stream == 7);
        malformed.Error.Code.Should().Be(CqlErrorCode.ProtocolError);
        (await client.OptionsAsync()).Message.Should().BeOfType<SupportedResponse>();

        await client.SendRawAsync(Convert.FromHexString("04000008077fffffff"));
        (await client.ReceiveNextAsync())!.Error.Message.Should().Contain("claims a body of 2147483647 bytes");
        (await client.ReceiveNextAsync()).Should().BeNull();
    }

    [Fact]
    public async Task Options_that_contradict_themselves_are_refused_all_at_once()
    {
        var start = () => EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 0, TokensPerNode = 0 });

        await start.Should().ThrowAsync<ArgumentException>().WithMessage("*Nodes is 0*TokensPerNode is 0*");
    }

    internal static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
