namespace CqlDriver.Tests.Options;

public sealed class ClientRouteOptionsTests
{
    [Fact]
    public void All_problems_are_told_with_what_to_do()
    {
        var options = new CqlClusterOptions { ClientRoutes = new ClientRouteOptions { RenewalInterval = TimeSpan.Zero, FailuresBeforeFailOver = 0, TlsName = null! } };
        options.ContactPoints.Add("10.0.0.1");
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("a"));
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy(" "));
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("a"));
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("b", "no host"));

        var thrown = FluentActions.Invoking(() => CqlCluster.Create(options)).Should().Throw<CqlConfigurationException>().Which;

        thrown.Problems.Should().HaveCount(6);
        thrown.Message.Should().ContainAll("Proxies[1] has a blank", "Proxies[2] names connection 'a' a second time", "Proxies[3].Address is 'no host'", "RenewalInterval", "FailuresBeforeFailOver", "TlsName");
    }

    [Fact]
    public void Without_any_connection_they_are_refused()
    {
        var options = new CqlClusterOptions { ClientRoutes = new ClientRouteOptions() };
        options.ContactPoints.Add("10.0.0.1");

        FluentActions.Invoking(() => CqlCluster.Create(options)).Should().Throw<CqlConfigurationException>().WithMessage("*Proxies is empty*");
    }

    [Fact]
    public async Task The_addresses_of_the_connections_are_contact_points_when_none_are_given()
    {
        var options = new CqlClusterOptions { Port = 9142, ClientRoutes = new ClientRouteOptions() };
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("a", "nlb.example.org:9001"));
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("b"));
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("c", "[::1]"));

        await using var cluster = CqlCluster.Create(options);

        cluster.Settings.ContactPoints.Should().Equal(new NodeEndpoint("nlb.example.org", 9001), new NodeEndpoint("::1", 9142));
        cluster.Settings.ClientRoutes!.Proxies.Select(proxy => proxy.Address).Should().Equal("nlb.example.org", null, "::1");
        cluster.Settings.ClientRoutes.NodePort.Should().Be(9142);
    }

    [Fact]
    public async Task Options_are_copied()
    {
        var options = new CqlClusterOptions { ClientRoutes = new ClientRouteOptions() };
        options.ContactPoints.Add("10.0.0.1");
        options.ClientRoutes.Proxies.Add(new ClientRouteProxy("a"));
        await using var cluster = CqlCluster.Create(options);

        options.ClientRoutes.Proxies.Clear();
        options.ClientRoutes.AllowDirect = true;

        cluster.Settings.ClientRoutes!.ConnectionIds.Should().Equal("a");
        cluster.Settings.ClientRoutes.AllowsDirect.Should().BeFalse();
    }
}
