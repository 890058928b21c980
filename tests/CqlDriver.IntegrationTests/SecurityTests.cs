using System.Security.Cryptography.X509Certificates;
using CqlDriver.IntegrationTests.Server;
using CqlDriver.IntegrationTests.Support;

namespace CqlDriver.IntegrationTests;

/// <summary>Password and TLS, right and wrong.</summary>
[Collection(SecureNodeCollection.Name)]
public sealed class SecurityTests(SecureNode server)
{
    [SkippableTheory]
    [InlineData(ProtocolVersion.V4, CqlCompression.None)]
    [InlineData(ProtocolVersion.V5, CqlCompression.Lz4)]
    public async Task Right_password_over_trusted_tls_works(ProtocolVersion version, CqlCompression compression)
    {
        server.SkipWithoutServer();
        var options = Options("cassandra");
        options.ProtocolVersion = version;
        options.Compression = compression;
        await using var session = await CqlSession.ConnectAsync(options);
        await session.UseNewKeyspaceAsync();
        await session.ExecuteAsync("CREATE TABLE items (id int PRIMARY KEY, content blob)");
        var content = new byte[300_000];

        await session.ExecuteAsync(await session.PrepareAsync("INSERT INTO items (id, content) VALUES (?, ?)"), (1, content));

        (await session.ExecuteAsync("SELECT content FROM items WHERE id = 1")).Single().Get<byte[]>(0).Should().Equal(content);
    }

    [SkippableFact]
    public async Task Wrong_password_is_told_as_such()
    {
        server.SkipWithoutServer();

        await FluentActions.Awaiting(() => CqlSession.ConnectAsync(Options("wrong"))).Should().ThrowAsync<CqlAuthenticationException>();
    }

    [SkippableFact]
    public async Task No_password_is_told_as_such()
    {
        server.SkipWithoutServer();
        var options = Options("cassandra");
        options.Authentication = null;

        await FluentActions.Awaiting(() => CqlSession.ConnectAsync(options)).Should().ThrowAsync<CqlAuthenticationException>();
    }

    [SkippableFact]
    public async Task Certificate_of_an_unknown_authority_is_refused()
    {
        server.SkipWithoutServer();
        var options = Options("cassandra");
        options.Tls = new CqlTlsOptions();

        var refused = await FluentActions.Awaiting(() => CqlSession.ConnectAsync(options)).Should().ThrowAsync<CqlException>();

        refused.Which.ToString().Should().ContainAny("certificate", "TLS");
    }

    [SkippableFact]
    public async Task Plain_connection_to_a_tls_port_fails_within_the_limit()
    {
        server.SkipWithoutServer();
        var options = Options("cassandra");
        options.Tls = null;
        options.ConnectTimeout = TimeSpan.FromSeconds(2);
        options.InitialConnectTimeout = TimeSpan.FromSeconds(10);

        var connecting = CqlSession.ConnectAsync(options);

        await FluentActions.Awaiting(() => connecting.WaitAsync(TimeSpan.FromSeconds(20))).Should().ThrowAsync<CqlException>();
    }

    private CqlClusterOptions Options(string password)
    {
        var options = server.Options();
        options.Authentication = new PlainTextAuthProvider("cassandra", password);
        options.Tls = new CqlTlsOptions { TrustedAuthorities = [X509CertificateLoader.LoadCertificateFromFile(server.CertificatePath)] };
        return options;
    }
}
