using System.Net.Sockets;

namespace CqlDriver.IntegrationTests.Server;

/// <summary>The harness itself: a node that was started takes connections, and the script says where its data is.</summary>
[Collection(PlainNodeCollection.Name)]
public sealed class HarnessTests(PlainNode server)
{
    [SkippableFact]
    public async Task Started_node_takes_connections()
    {
        server.SkipWithoutServer();
        using var socket = new TcpClient();

        await socket.ConnectAsync(server.ContactPoint, 9042);

        socket.Connected.Should().BeTrue();
    }
}
