using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Connections;

public class WriteLoopTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public void An_idle_writer_is_run_by_the_caller_before_enqueue_returns()
    {
        var side = new WriteSide();
        side.Enqueue(new ProbeRequest([1, 2, 3])).Should().BeTrue();
        side.Transport.Writes.Should().ContainSingle().Which.Should().HaveCount(FrameHeader.Size + 3);
    }

    [Fact]
    public async Task Who_starts_many_requests_at_once_does_not_write_each_of_them()
    {
        var time = new ManualTimeProvider();
        var side = new WriteSide(inlineLimit: 2, time: time);
        var starter = Environment.CurrentManagedThreadId;
        var writers = new List<int>();
        using var allStarted = new ManualResetEventSlim();
        side.Transport.OnWrite = _ =>
        {
            writers.Add(Environment.CurrentManagedThreadId);
            if (Environment.CurrentManagedThreadId != starter)
            {
                allStarted.Wait(Limit);
            }
        };
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++)
        {
            side.Enqueue(new ProbeRequest([(byte)i]));
        }

        allStarted.Set();
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == 100 * (FrameHeader.Size + 1), "all of them");
        writers.Take(3).Should().AllBeEquivalentTo(starter, "a few go out at once: two since little is in flight, one since the thread has not written lately");
        writers.Skip(3).Should().NotContain(starter).And.HaveCountLessThanOrEqualTo(2, "what came while the first write was made shares the second");
    }

    [Fact]
    public void Who_starts_a_request_now_and_then_writes_it()
    {
        var time = new ManualTimeProvider();
        var side = new WriteSide(inlineLimit: 2, time: time);
        for (var i = 0; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            side.Enqueue(new ProbeRequest([(byte)i]));
            side.Transport.Writes.Should().HaveCount(i + 1);
        }
    }

    [Fact]
    public async Task What_comes_while_a_write_is_going_on_shares_the_next_one()
    {
        var side = new WriteSide();
        side.Transport.Shut();
        side.Enqueue(new ProbeRequest());
        for (var i = 0; i < 100; i++)
        {
            side.Enqueue(new ProbeRequest([(byte)i]));
        }

        side.Transport.Writes.Should().ContainSingle();
        side.Transport.Open();
        await side.Transport.WhenWritten(writes => writes.Count == 2, "the second write");
        side.Transport.Writes[1].Should().HaveCount(100 * (FrameHeader.Size + 1));
        side.Transport.Writes[1].Where((_, position) => position % 10 == 9).Should().Equal(Enumerable.Range(0, 100).Select(i => (byte)i), "first come, first written");
    }

    [Fact]
    public async Task A_full_buffer_is_written_before_the_rest_is_encoded()
    {
        var side = new WriteSide(flushThresholdBytes: 1_000);
        side.Transport.Shut();
        side.Enqueue(new ProbeRequest());
        for (var i = 0; i < 10; i++)
        {
            side.Enqueue(new ProbeRequest(new byte[491]));
        }

        side.Transport.Open();
        await side.Transport.WhenWritten(writes => writes.Count == 6, "six writes");
        side.Transport.Writes.Skip(1).Should().OnlyContain(write => write.Length == 2 * 500 || write.Length == 500);
    }

    [Fact]
    public async Task A_request_cancelled_before_its_claim_costs_no_byte_and_no_id()
    {
        var side = new WriteSide();
        side.Transport.Shut();
        var first = new ProbeRequest();
        side.Enqueue(first);
        var cancelled = Enumerable.Range(0, 50).Select(_ => new ProbeRequest([9])).ToArray();
        foreach (var request in cancelled)
        {
            side.Enqueue(request);
            request.GiveUp().Should().Be(RequestState.Queued);
        }

        var last = new ProbeRequest();
        side.Enqueue(last);
        side.Transport.Open();
        await side.Transport.WhenWritten(writes => writes.Count == 2, "the last request");

        side.Transport.Bytes.Should().Be(2 * FrameHeader.Size);
        cancelled.Should().OnlyContain(request => request.Encoded == 0);
        side.Streams.Audit().Filled.Should().Be(2);
        side.Life.Held.Should().Be(2);
    }

    [Fact]
    public async Task Without_a_free_id_the_queue_waits_and_an_answer_moves_it_on()
    {
        var side = new WriteSide(streams: 2);
        var requests = Enumerable.Range(0, 5).Select(_ => new ProbeRequest()).ToArray();
        foreach (var request in requests)
        {
            side.Enqueue(request);
        }

        requests.Count(request => request.Encoded == 1).Should().Be(2);
        side.Answer(requests[0], requests[1]);
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == 4 * FrameHeader.Size, "two more");
        side.Answer(requests[3]);
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == 5 * FrameHeader.Size, "the last");
        requests.Should().OnlyContain(request => request.Encoded == 1);
    }

    [Fact]
    public void An_orphans_late_answer_frees_the_id_that_a_request_waits_for()
    {
        var side = new WriteSide(streams: 1);
        var orphan = new ProbeRequest();
        var waiting = new ProbeRequest();
        side.Enqueue(orphan);
        orphan.GiveUp().Should().Be(RequestState.Written);
        side.Enqueue(waiting);
        waiting.Encoded.Should().Be(0);

        side.Answer(orphan);
        waiting.Encoded.Should().Be(1);
        orphan.Answers.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_end_tells_each_unwritten_request_once(bool whileWriting)
    {
        var side = new WriteSide(streams: 4);
        if (whileWriting)
        {
            side.Transport.Shut();
        }

        var requests = Enumerable.Range(0, 20).Select(_ => new ProbeRequest()).ToArray();
        foreach (var request in requests)
        {
            side.Enqueue(request);
        }

        var reason = new CqlException("enough");
        side.End(reason);
        side.Transport.Fail(new IOException("aborted"));
        await side.Writer.Ended.WaitAsync(Limit);
        side.Enqueue(new ProbeRequest()).Should().BeFalse();

        var written = requests.Where(request => request.Encoded == 1).ToArray();
        written.Should().OnlyContain(request => request.Ends.IsEmpty, "the table holds them");
        foreach (var request in requests.Except(written))
        {
            request.Ends.Should().ContainSingle().Which.Should().Be((reason, false));
            (await request.Outcome.WaitAsync(Limit)).Should().Be("closed");
        }

        side.Streams.RemoveAll().Should().HaveCount(written.Length);
    }

    [Fact]
    public async Task A_failed_write_ends_the_connection_with_its_reason()
    {
        var side = new WriteSide();
        var failure = new IOException("broken pipe");
        side.Transport.Fail(failure);
        side.Enqueue(new ProbeRequest());
        await side.Writer.Ended.WaitAsync(Limit);
        side.Life.EndReason.Should().BeSameAs(failure);
    }

    [Fact]
    public async Task Retired_the_queue_is_given_back_and_a_sign_of_life_still_goes_out()
    {
        var side = new WriteSide();
        side.Transport.Shut();
        var written = new ProbeRequest();
        side.Enqueue(written);
        var queued = new ProbeRequest();
        side.Enqueue(queued);
        var reason = new CqlException("moved");
        side.Life.TryRetire(reason);
        side.Enqueue(new InternalRequest((buffer, stream, _) => buffer.Write(new byte[FrameHeader.Size]), staysOnRetired: true));
        side.Writer.Wake();
        side.Transport.Open();
        await side.Transport.WhenWritten(writes => writes.Count == 2, "the sign of life");

        queued.Encoded.Should().Be(0);
        queued.Ends.Should().ContainSingle().Which.Should().Be((reason, false));
        written.Ends.Should().BeEmpty();
    }

    [Fact]
    public async Task An_encoder_that_throws_harms_only_its_own_request()
    {
        var side = new WriteSide();
        var failure = new InvalidOperationException("a defect");
        var bad = new ProbeRequest { EncoderFailure = failure };
        side.Transport.Shut();
        side.Enqueue(new ProbeRequest());
        side.Enqueue(bad);
        side.Enqueue(new ProbeRequest());
        side.Transport.Open();
        await side.Transport.WhenWritten(writes => writes.Count == 2, "the neighbour");

        side.Transport.Writes[1].Should().HaveCount(FrameHeader.Size);
        bad.Ends.Should().ContainSingle().Which.Should().Be((failure, false));
        side.Streams.Audit().Filled.Should().Be(2);
    }

    [Fact]
    public void A_message_beyond_the_limit_is_refused_before_it_is_sent()
    {
        var side = new WriteSide(maxFrameBytes: 100);
        var large = new ProbeRequest(new byte[200]);
        side.Enqueue(large);
        side.Transport.Bytes.Should().Be(0);
        large.Ends.Should().ContainSingle().Which.Reason.Message.Should().Contain("209").And.Contain("100");
    }

    [Fact]
    public async Task Many_callers_at_once_are_each_written_exactly_once()
    {
        const int Callers = 4;
        const int Each = 5_000;
        var side = new WriteSide(streams: StreamTable.MaxCapacity, flushThresholdBytes: 500);
        var requests = Enumerable.Range(0, Callers * Each).Select(_ => new ProbeRequest()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                side.Enqueue(requests[(caller * Each) + i]).Should().BeTrue();
            }
        })));
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == Callers * Each * FrameHeader.Size, "all of them");

        requests.Should().OnlyContain(request => request.Encoded == 1);
        requests.Select(request => request.Stream).Should().OnlyHaveUniqueItems();
    }
}
