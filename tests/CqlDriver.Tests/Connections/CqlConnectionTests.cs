using System.Net;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Connections;

public class CqlConnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly Exception Enough = new CqlException("enough");

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Answers_out_of_order_find_their_requests(ProtocolVersion version)
    {
        var (connection, peer) = await new ConnectionBench().ConnectedAsync(version);
        await using var _ = connection;
        var requests = Send(connection, 50);
        var headers = await ReceiveAsync(peer, 50);
        foreach (var header in headers.OrderBy(header => header.Stream * 7 % 50))
        {
            await peer.SendAsync(Opcode.Result, [0, 0, 0, 1, (byte)header.Stream], header.Stream, header.Version);
        }

        foreach (var request in requests)
        {
            (await request.Outcome.WaitAsync(Limit)).Should().Be("answered");
            request.Answer.Should().Equal(0, 0, 0, 1, (byte)request.Stream);
        }

        connection.InFlight.Should().Be(0);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4, CqlCompression.None)]
    [InlineData(ProtocolVersion.V4, CqlCompression.Lz4)]
    [InlineData(ProtocolVersion.V4, CqlCompression.Snappy)]
    [InlineData(ProtocolVersion.V5, CqlCompression.None)]
    [InlineData(ProtocolVersion.V5, CqlCompression.Lz4)]
    public async Task Answers_cut_at_every_byte_are_whole_again(ProtocolVersion version, CqlCompression compression)
    {
        var bench = new ConnectionBench(settings => settings with { Compression = compression });
        var (connection, peer) = await bench.ConnectedAsync(version);
        await using var _ = connection;
        var body = Enumerable.Range(0, 300).Select(i => (byte)(i / 7)).ToArray();
        var length = Wire(peer, version, 0, body).Length;
        for (var cut = 1; cut < length; cut++)
        {
            var request = Send(connection, 1)[0];
            var header = (await ReceiveAsync(peer, 1))[0];
            var wire = Wire(peer, version, header.Stream, body);
            await peer.SendRawAsync(wire.AsMemory(0, cut));
            await peer.SendRawAsync(wire.AsMemory(cut));
            await request.Outcome.WaitAsync(Limit);
            request.Answer.Should().Equal(body, "cut at {0}", cut);
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V4, CqlCompression.None)]
    [InlineData(ProtocolVersion.V4, CqlCompression.Lz4)]
    [InlineData(ProtocolVersion.V5, CqlCompression.None)]
    [InlineData(ProtocolVersion.V5, CqlCompression.Lz4)]
    public async Task Large_requests_and_answers_pass_whole_between_small_ones(ProtocolVersion version, CqlCompression compression)
    {
        var bench = new ConnectionBench(settings => settings with { Compression = compression });
        var (connection, peer) = await bench.ConnectedAsync(version);
        await using var _ = connection;
        var random = new Random(5);
        foreach (var size in (int[])[60_000, 65_536, 70_000, 131_070, 131_071, 200_000, 3_000_000])
        {
            var body = new byte[size];
            random.NextBytes(body.AsSpan(0, size / 2));
            var requests = Send(connection, 3);
            var headers = await ReceiveAsync(peer, 3);
            await peer.SendAsync(Opcode.Result, [1], headers[0].Stream, headers[0].Version);
            await peer.SendAsync(Opcode.Result, body, headers[1].Stream, headers[1].Version);
            await peer.SendAsync(Opcode.Result, [2], headers[2].Stream, headers[2].Version);
            await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
            requests[1].Answer.Should().HaveCount(size);
            requests[1].Answer.AsSpan().SequenceEqual(body).Should().BeTrue();
            requests[2].Answer.Should().Equal(2);
        }
    }

    [Fact]
    public async Task An_announced_length_beyond_the_limit_ends_the_connection()
    {
        var bench = new ConnectionBench(settings => settings with { MaxFrameBytes = 1_000 });
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V4);
        var bytes = new byte[FrameHeader.Size];
        new FrameHeader(4, true, FrameFlags.None, 0, Opcode.Result, 1_001).Write(bytes);
        await peer.SendRawAsync(bytes);
        (await bench.Observer.Closed).Message.Should().Contain("1001").And.Contain("1000");
        await connection.DisposeAsync();
    }

    [Theory]
    [InlineData("half-close")]
    [InlineData("reset")]
    [InlineData("garbage")]
    [InlineData("close")]
    [InlineData("dispose")]
    public async Task Whatever_ends_it_ten_thousand_in_flight_have_ten_thousand_ends(string fault)
    {
        var bench = new ConnectionBench(settings => settings with { MaxInFlight = 10_000 });
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        var requests = Send(connection, 10_000 + 500);
        await ReceiveAsync(peer, 10_000);
        switch (fault)
        {
            case "half-close":
                ((MemoryTransport)peer.Transport).HalfClose();
                break;
            case "reset":
                peer.Dispose();
                break;
            case "garbage":
                await peer.SendRawAsync(new byte[100]);
                break;
            case "close":
                connection.Close(Enough);
                break;
            case "dispose":
                await connection.DisposeAsync();
                break;
        }

        await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
        requests.Should().OnlyContain(request => request.Ends.Count == 1);
        requests.Count(request => request.Ends.Single().MayHaveBeenWritten).Should().Be(10_000);
        requests.Where(request => request.Ends.Single().MayHaveBeenWritten).Should().OnlyContain(request => request.Encoded == 1);
        requests.Where(request => !request.Ends.Single().MayHaveBeenWritten).Should().OnlyContain(request => request.Encoded == 0);
        requests.Select(request => request.Ends.Single().Reason).Distinct().Should().ContainSingle();

        await connection.DisposeAsync();
        connection.TryEnqueue(new ProbeRequest()).Should().Be(EnqueueResult.Closed);
        connection.InFlight.Should().Be(0);
        connection.Closed.IsCompletedSuccessfully.Should().BeTrue();
        bench.Dialer.Clients.Should().OnlyContain(client => client.IsDisposed);
        bench.Time.ArmedTimers.Should().BeEmpty();
        bench.Observer.Calls.Should().Equal("opened", "closed");
    }

    [Fact]
    public async Task Requests_that_race_with_the_end_are_each_refused_or_told_exactly_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var (connection, _) = await new ConnectionBench(settings => settings with { MaxInFlight = 64, MaxQueued = 500 }).ConnectedAsync(ProtocolVersion.V4);
            var taken = new System.Collections.Concurrent.ConcurrentBag<ProbeRequest>();
            using var start = new Barrier(3);
            var callers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                for (var i = 0; i < 300; i++)
                {
                    var request = new ProbeRequest();
                    if (connection.TryEnqueue(request) == EnqueueResult.Taken)
                    {
                        taken.Add(request);
                    }
                }
            })).ToArray();
            start.SignalAndWait();
            SpinWait.SpinUntil(() => taken.Count >= round * 8, Limit);
            connection.Close(Enough);
            await Task.WhenAll(callers);
            await Task.WhenAll(taken.Select(request => request.Outcome)).WaitAsync(Limit);
            await connection.DisposeAsync();
            taken.Should().NotContain(request => request.Ends.Count != 1);
            connection.InFlight.Should().Be(0);
        }
    }

    [Fact]
    public async Task A_full_connection_says_so_and_takes_again_after_answers()
    {
        var bench = new ConnectionBench(settings => settings with { MaxInFlight = 4, MaxQueued = 2 });
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        await using var _ = connection;
        var requests = Send(connection, 6);
        connection.TryEnqueue(new ProbeRequest()).Should().Be(EnqueueResult.Full);

        foreach (var header in await ReceiveAsync(peer, 4))
        {
            await peer.SendAsync(new VoidResponse(), header);
        }

        foreach (var header in await ReceiveAsync(peer, 2))
        {
            await peer.SendAsync(new VoidResponse(), header);
        }

        await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
        connection.TryEnqueue(new ProbeRequest()).Should().Be(EnqueueResult.Taken);
    }

    [Fact]
    public async Task An_orphan_keeps_its_id_until_its_late_answer_and_is_nobodys_then()
    {
        var bench = new ConnectionBench(settings => settings with { MaxInFlight = 1 });
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V4);
        await using var _ = connection;
        var orphan = Send(connection, 1)[0];
        var header = (await ReceiveAsync(peer, 1))[0];
        orphan.GiveUp().Should().Be(RequestState.Written);
        connection.NoteOrphan();
        (connection.Orphans, connection.InFlight).Should().Be((1, 1));

        var next = Send(connection, 1)[0];
        next.Encoded.Should().Be(0);
        await peer.SendAsync(new VoidResponse(), header);
        var second = (await ReceiveAsync(peer, 1))[0];
        await peer.SendAsync(new VoidResponse(), second);
        await next.Outcome.WaitAsync(Limit);
        orphan.Answers.Should().Be(0);
        (connection.Orphans, connection.InFlight).Should().Be((0, 0));
    }

    [Fact]
    public async Task Many_orphans_ask_for_a_replacement_and_twice_as_many_end_the_connection()
    {
        var bench = new ConnectionBench(settings => settings with { MaxOrphans = 3 });
        var (connection, _) = await bench.ConnectedAsync(ProtocolVersion.V4);
        var count = 0;
        foreach (var request in Send(connection, 7))
        {
            request.GiveUp().Should().Be(RequestState.Written);
            connection.NoteOrphan();
            bench.Observer.Calls.Count(call => call == "worn").Should().Be(++count > 3 ? 1 : 0);
            connection.IsOpen.Should().Be(count < 7);
        }

        (await bench.Observer.Closed).Message.Should().Contain("7 of its requests");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_that_nobody_asked_for_ends_the_connection()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V4);
        await peer.SendAsync(new VoidResponse(), 77, 4);
        (await bench.Observer.Closed).Message.Should().Contain("stream 77");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_nodes_last_words_on_a_foreign_stream_are_the_reason()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        await peer.SendAsync(new ErrorResponse(CqlErrorCode.ProtocolError, "invalid segment CRC"), 0, 5);
        (await bench.Observer.Closed).Message.Should().Contain("invalid segment CRC");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Events_reach_the_observer()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        await using var _ = connection;
        var registering = connection.RegisterAsync([EventTypes.StatusChange], Limit, CancellationToken.None);
        var (header, request) = await peer.ReceiveAsync();
        request.Should().BeOfType<RegisterRequest>().Which.EventTypes.Should().Equal(EventTypes.StatusChange);
        await peer.SendAsync(new ReadyResponse(), header);
        await registering;

        var happened = new StatusChangeEvent(StatusChangeKind.Down, new IPEndPoint(IPAddress.Loopback, 9042));
        await peer.SendAsync(new EventResponse(happened), -1, 5);
        (await bench.Observer.NextEventAsync()).Should().Be(happened);
    }

    [Fact]
    public async Task Retired_it_finishes_what_is_written_and_then_closes()
    {
        var bench = new ConnectionBench(settings => settings with { MaxInFlight = 2 });
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        var requests = Send(connection, 3);
        var headers = await ReceiveAsync(peer, 2);
        requests[1].GiveUp();
        connection.NoteOrphan();
        connection.Retire(Enough);

        connection.TryEnqueue(new ProbeRequest()).Should().Be(EnqueueResult.Closed);
        await requests[2].Outcome.WaitAsync(Limit);
        requests[2].Ends.Single().Should().Be((Enough, false));
        connection.Closed.IsCompleted.Should().BeFalse();

        await peer.SendAsync(new VoidResponse(), headers.Single(header => header.Stream == requests[0].Stream));
        (await requests[0].Outcome.WaitAsync(Limit)).Should().Be("answered");
        await connection.Closed.WaitAsync(Limit);
        connection.CloseReason.Should().BeSameAs(Enough);
    }

    [Fact]
    public async Task Retired_with_nothing_in_flight_it_closes_at_once()
    {
        var (connection, _) = await new ConnectionBench().ConnectedAsync(ProtocolVersion.V5);
        connection.Retire(Enough);
        await connection.Closed.WaitAsync(Limit);
        connection.CloseReason.Should().BeSameAs(Enough);
    }

    [Fact]
    public async Task A_quiet_connection_is_asked_for_a_sign_of_life()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        await using var _ = connection;
        bench.Time.Advance(bench.Settings.HeartbeatInterval);
        var (header, request) = await peer.ReceiveAsync();
        request.Should().BeOfType<OptionsRequest>();
        await peer.SendAsync(new SupportedResponse(ScriptedPeer.CassandraSupports("5/v5")), header);
        connection.IsOpen.Should().BeTrue();
    }

    [Fact]
    public async Task A_peer_that_says_nothing_for_the_limit_is_left()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        var request = Send(connection, 1)[0];
        await ReceiveAsync(peer, 1);
        bench.Time.Advance(bench.Settings.HeartbeatTimeout + (bench.Settings.HeartbeatTimeout / 4));
        await request.Outcome.WaitAsync(Limit);
        request.Ends.Single().Reason.Message.Should().Contain("Nothing was received for 10");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_left()
    {
        var bench = new ConnectionBench();
        var (connection, _) = await bench.ConnectedAsync(ProtocolVersion.V5);
        var requests = Enumerable.Range(0, 20).Select(_ => new ProbeRequest(new byte[20_000])).ToArray();
        foreach (var request in requests)
        {
            connection.TryEnqueue(request).Should().Be(EnqueueResult.Taken);
        }

        bench.Time.Advance(bench.Settings.HeartbeatTimeout + (bench.Settings.HeartbeatTimeout / 4));
        await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
        requests.Should().OnlyContain(request => request.Ends.Count == 1);
        requests.Should().Contain(request => !request.Ends.Single().MayHaveBeenWritten);
        requests[0].Ends.Single().Reason.Message.Should().Contain("A write has not moved for 10");
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task An_internal_question_that_is_given_up_leaves_an_orphan()
    {
        var bench = new ConnectionBench();
        var (connection, peer) = await bench.ConnectedAsync(ProtocolVersion.V5);
        await using var _ = connection;
        using var cancellation = new CancellationTokenSource();
        var asking = connection.ProbeAsync(Limit, cancellation.Token);
        var (header, _) = await peer.ReceiveAsync();
        await cancellation.CancelAsync();
        await asking.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        connection.Orphans.Should().Be(1);
        await peer.SendAsync(new ReadyResponse(), header);
        await connection.ProbeAfterAsync(peer);
        connection.Orphans.Should().Be(0);
    }

    [Fact]
    public async Task Disposing_within_a_continuation_does_not_wait_for_itself()
    {
        var (connection, peer) = await new ConnectionBench().ConnectedAsync(ProtocolVersion.V5);
        var request = new ProbeRequest { OnComplete = _ => connection.DisposeAsync().AsTask().Wait(Limit).Should().BeTrue() };
        connection.TryEnqueue(request).Should().Be(EnqueueResult.Taken);
        await peer.SendAsync(new VoidResponse(), (await ReceiveAsync(peer, 1))[0]);
        (await request.Outcome.WaitAsync(Limit)).Should().Be("answered");
    }

    private static ProbeRequest[] Send(CqlConnection connection, int count)
    {
        var requests = Enumerable.Range(0, count).Select(_ => new ProbeRequest()).ToArray();
        foreach (var request in requests)
        {
            connection.TryEnqueue(request).Should().Be(EnqueueResult.Taken);
        }

        return requests;
    }

    private static async Task<List<FrameHeader>> ReceiveAsync(ScriptedPeer peer, int count)
    {
        var headers = new List<FrameHeader>();
        while (headers.Count < count)
        {
            headers.Add((await peer.ReceiveAsync()).Header);
        }

        return headers;
    }

    private static byte[] Wire(ScriptedPeer peer, ProtocolVersion version, short stream, byte[] body)
    {
        using var buffer = new GrowableBuffer();
        new FrameHeader((byte)version, true, FrameFlags.None, stream, Opcode.Result, body.Length).Write(buffer.Append(FrameHeader.Size));
        buffer.Write(body);
        return peer.OnTheWire(buffer);
    }
}

internal static class PeerSteps
{
    /// <summary>One more question and its answer: everything sent before has been read by then.</summary>
    public static async Task ProbeAfterAsync(this CqlConnection connection, ScriptedPeer peer)
    {
        var asking = connection.ProbeAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        var (header, _) = await peer.ReceiveAsync();
        await peer.SendAsync(new ReadyResponse(), header);
        await asking;
    }
}
