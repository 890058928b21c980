using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

/// <summary>Dials and single answers that are held, by address and by what is asked.</summary>
public sealed class DialFaultTests
{
    [Fact]
    public async Task Dials_to_one_address_of_a_node_are_held_while_the_other_address_answers()
    {
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 2 });
        var (node, from) = (cluster.Nodes[1], cluster.Nodes[1].Endpoint);
        await node.MoveAsync(OldAddress.Kept);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { Kind = RequestKind.Connect, Address = from.Address });

        var connecting = RawClient.ConnectAsync(from);
        await held.WaitForHitsAsync(1);
        await (await RawClient.ConnectAsync(node.Endpoint)).DisposeAsync();
        connecting.IsCompleted.Should().BeFalse();

        gate.Open();
        await (await connecting).DisposeAsync();
        held.Hits.Should().Be(1);
    }

    [Fact]
    public async Task A_node_that_refuses_connections_keeps_those_it_has()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        var node = cluster.Nodes[0];
        await using var client = await RawClient.ConnectAsync(node);

        await node.RefuseConnectionsAsync();

        (await FluentActions.Awaiting(() => RawClient.DialAsync(node.Endpoint)).Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        (await client.HostIdAsync()).Should().Be(node.HostId.Value);
        node.IsRunning.Should().BeTrue();

        await node.AcceptConnectionsAsync();
        await node.AcceptConnectionsAsync();
        await (await RawClient.ConnectAsync(node)).DisposeAsync();
    }

    [Theory]
    [InlineData("PREPARE")]
    [InlineData("USE")]
    [InlineData("system.local")]
    public async Task An_answer_is_held_while_the_connection_goes_on(string what)
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        cluster.Execute("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate))
        {
            Kind = what == "PREPARE" ? RequestKind.Prepare : RequestKind.Query,
            StatementContains = what == "PREPARE" ? null : what,
        });

        var stream = await client.SendAsync(what switch
        {
            "PREPARE" => (buffer, head) => RequestEncoder.Prepare(buffer, head, "SELECT key FROM system.local"),
            "USE" => RawClient.QueryEncoder("USE ks", p => p),
            _ => RawClient.QueryEncoder("SELECT host_id FROM system.local", p => p),
        });
        await held.WaitForHitsAsync(1);
        (await client.SupportedAsync()).Should().NotBeEmpty();
        client.Socket.Poll(0, SelectMode.SelectRead).Should().BeFalse();

        gate.Open();
        (await client.ReceiveAsync(answer => answer.Header.Stream == stream)).Message.Should().NotBeAssignableTo<ErrorResponse>();
    }

    [Fact]
    public async Task An_answer_that_was_made_before_it_was_held_tells_the_past()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        var before = cluster.Nodes[0].HostId;
        await using var client = await RawClient.ConnectAsync(cluster.Nodes[0]);
        var gate = new FaultGate();
        var held = cluster.Faults.Add(new FaultRule(FaultReaction.Delay(gate)) { StatementContains = "system.local", RunsStatementFirst = true, Times = 1 });
        var asked = client.HostIdAsync();
        await held.WaitForHitsAsync(1);

        await cluster.ReidentifyAllAsync();
        gate.Open();

        (await asked).Should().Be(before.Value);
        (await client.HostIdAsync()).Should().Be(cluster.Nodes[0].HostId.Value);
    }
}
