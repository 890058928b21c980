using System.Net.Sockets;
using CqlDriver.IntegrationTests.Support;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Server;

/// <summary>The harness itself: a node that was started takes connections, and traffic notices what it is there to notice.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class HarnessTests(PlainNode server, ITestOutputHelper output)
{
    [SkippableFact]
    public async Task Started_node_takes_connections()
    {
        server.SkipWithoutServer();
        using var socket = new TcpClient();

        await socket.ConnectAsync(server.ContactPoint, 9042);

        socket.Connected.Should().BeTrue();
    }

    [SkippableFact]
    public async Task Traffic_notices_that_acknowledged_rows_are_gone()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output);

        await scene.Session.ExecuteAsync("TRUNCATE traffic");
        await scene.Traffic.ProceedAsync(100);
        var end = () => scene.ShouldHaveLostNothingAsync();

        await end.Should().ThrowAsync<Exception>().WithMessage("*acknowledged row was not found*");
    }

    [SkippableFact]
    public async Task Traffic_notices_requests_that_fail()
    {
        server.SkipWithoutServer();
        await using var scene = await TrafficScene.OpenAsync(server, output);

        await scene.Session.ExecuteAsync("DROP TABLE traffic");
        await Eventually.TrueAsync("requests fail", TimeSpan.FromSeconds(30), () => scene.Traffic.HasErrors);
        var end = () => scene.ShouldHaveLostNothingAsync();

        await end.Should().ThrowAsync<Exception>().WithMessage("*retried on nodes that serve*");
    }
}
