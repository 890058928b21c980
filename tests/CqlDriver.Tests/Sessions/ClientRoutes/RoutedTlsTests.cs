using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CqlDriver.Testing;

namespace CqlDriver.Tests.Sessions;

/// <summary>Certificates name nodes, not balancers: which name is expected is an option (D10).</summary>
public sealed class RoutedTlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = Named("node.cluster.example");

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task A_fixed_name_serves_for_nodes_and_contact_points()
    {
        await using var routed = await StartAsync(ClientRouteTlsName.Fixed("node.cluster.example"), targetHost: null);

        await routed.AllPoolsFullAsync();
        routed.Metadata.ClientRoutes.Routes.Should().OnlyContain(route => route.Target.Port == routed.Balancer.EndpointOf(routed.Server.Nodes.Single(node => node.HostId == route.HostId)).Port);
        routed.Direct.Should().Be(0);
    }

    [Fact]
    public async Task A_name_for_each_node_is_asked_for_by_host_id_and_route()
    {
        var asked = new System.Collections.Concurrent.ConcurrentDictionary<(HostId, string), bool>();
        await using var routed = await StartAsync(
            ClientRouteTlsName.PerNode((hostId, route) =>
            {
                asked[(hostId, route.ConnectionId)] = route.HostId == hostId;
                return "node.cluster.example";
            }),
            targetHost: "node.cluster.example");

        await routed.AllPoolsFullAsync();
        asked.Should().HaveCount(3).And.OnlyContain(one => one.Value && one.Key.Item2 == "vpce-a");
    }

    [Fact]
    public async Task A_name_that_does_not_fit_is_an_error_that_names_the_option()
    {
        var connecting = () => StartAsync(ClientRouteTlsName.PerNode((_, _) => "other.example"), targetHost: "node.cluster.example");

        (await connecting.Should().ThrowAsync<CqlConnectionException>()).WithMessage("*names 'other.example'*ClientRoutes.TlsName*");
    }

    private async Task<RoutedCluster> StartAsync(ClientRouteTlsName name, string? targetHost) => await RoutedCluster.StartAsync(
        new EmbeddedClusterOptions { Nodes = 3, ServerCertificate = _certificate },
        configure: options =>
        {
            options.Tls = new CqlTlsOptions { TargetHost = targetHost, TrustedAuthorities = [_certificate] };
            options.ClientRoutes!.TlsName = name;
            options.InitialConnectTimeout = TimeSpan.FromSeconds(3);
        });

    private static X509Certificate2 Named(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=cluster", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
