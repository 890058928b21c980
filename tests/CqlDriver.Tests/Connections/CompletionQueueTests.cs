namespace CqlDriver.Tests.Connections;

public class CompletionQueueTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_requests_that_a_batch_of_answers_sends_share_one_or_two_writes()
    {
        var side = new WriteSide();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var followUps = Enumerable.Range(0, 200).Select(_ => new ProbeRequest()).ToArray();
        var left = followUps.Length;
        var first = followUps.Select(next => new ProbeRequest
        {
            OnComplete = _ =>
            {
                side.Enqueue(next);
                if (Interlocked.Decrement(ref left) == 0)
                {
                    arrived.SetResult();
                }
            },
        }).ToArray();
        Array.ForEach(first, request => side.Enqueue(request));
        var before = side.Transport.Writes.Count;

        side.Answer(first);
        await arrived.Task.WaitAsync(Limit);
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == 400 * 9, "all that follow");

        followUps.Should().OnlyContain(request => request.Encoded == 1);
        // Four by the rule of 64, one for the last, and as many again for each sibling that got in between: how many do is the machine's.
        (side.Transport.Writes.Count - before).Should().BeLessThan(followUps.Length / 4);
    }

    [Fact]
    public async Task With_one_request_in_flight_the_continuation_writes_inline()
    {
        var side = new WriteSide();
        var threadOfContinuation = 0;
        var threadOfWrite = -1;
        var next = new ProbeRequest();
        var first = new ProbeRequest
        {
            OnComplete = _ =>
            {
                threadOfContinuation = Environment.CurrentManagedThreadId;
                side.Transport.OnWrite = _ => threadOfWrite = Environment.CurrentManagedThreadId;
                side.Enqueue(next);
            },
        };
        side.Enqueue(first);
        side.Answer(first);
        await first.Outcome.WaitAsync(Limit);
        next.Encoded.Should().Be(1);
        threadOfWrite.Should().Be(threadOfContinuation);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_continuation_that_blocks_on_its_own_next_request_gets_its_answer(int blockers)
    {
        var side = new WriteSide();
        var inner = Enumerable.Range(0, blockers).Select(_ => new ProbeRequest()).ToArray();
        var outer = inner.Select(next => new ProbeRequest
        {
            OnComplete = _ =>
            {
                side.Enqueue(next);
                next.Outcome.Wait(Limit).Should().BeTrue("the owed write was not stranded");
            },
        }).ToArray();
        Array.ForEach(outer, request => side.Enqueue(request));
        side.Answer(outer);

        // All of them block at once, each on a request whose write was owed or inline; the peer answers when it has seen all.
        await side.Transport.WhenWritten(writes => writes.Sum(write => write.Length) == 2 * blockers * 9, "the inner requests");
        side.Answer(inner);
        foreach (var request in outer)
        {
            (await request.Outcome.WaitAsync(Limit)).Should().Be("answered");
        }
    }

    [Fact]
    public async Task A_blocked_continuation_does_not_hold_up_its_neighbours()
    {
        var side = new WriteSide();
        using var gate = new ManualResetEventSlim();
        var requests = Enumerable.Range(0, 50)
            .Select(i => new ProbeRequest { OnComplete = i == 0 ? _ => gate.Wait(Limit) : null }).ToArray();
        Array.ForEach(requests, request => side.Enqueue(request));
        side.Answer(requests);

        await Task.WhenAll(requests.Skip(1).Select(request => request.Outcome)).WaitAsync(Limit);
        requests[0].Outcome.IsCompleted.Should().BeFalse();
        gate.Set();
        await requests[0].Outcome.WaitAsync(Limit);
    }

    [Fact]
    public async Task An_owed_write_waits_for_one_sibling_and_not_for_the_rest_of_the_queue()
    {
        var side = new WriteSide();
        using var written = new ManualResetEventSlim();
        var inner = new ProbeRequest();
        var first = new ProbeRequest
        {
            OnComplete = _ =>
            {
                side.Transport.OnWrite = _ => written.Set();
                side.Enqueue(inner);
                written.Wait(Limit).Should().BeTrue("the sibling writes what is owed before it runs a neighbour that blocks");
            },
        };
        // Were the write left to whoever takes the last of them, the thread pool would need a thread for each first.
        using var gate = new ManualResetEventSlim();
        var neighbours = Enumerable.Range(0, 300).Select(_ => new ProbeRequest { OnComplete = _ => gate.Wait(Limit) }).ToArray();
        side.Enqueue(first);
        Array.ForEach(neighbours, request => side.Enqueue(request));
        side.Answer([first, .. neighbours]);

        (await first.Outcome.WaitAsync(Limit)).Should().Be("answered");
        inner.Encoded.Should().Be(1);
        gate.Set();
        await Task.WhenAll(neighbours.Select(request => request.Outcome)).WaitAsync(Limit);
    }

    [Theory]
    [InlineData(1, 37)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    public async Task Nothing_is_stranded_when_answers_and_requests_chase_each_other(int seed, int streams)
    {
        var side = new WriteSide(streams);
        var random = new Random(seed);
        const int Total = 30_000;
        var sent = 0;
        var done = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var inFlight = System.Threading.Channels.Channel.CreateUnbounded<ProbeRequest>();
        ProbeRequest Create() => new()
        {
            OnComplete = _ =>
            {
                SendNext();
                if (Interlocked.Increment(ref done) == Total)
                {
                    all.SetResult();
                }
            },
        };
        void SendNext()
        {
            if (Interlocked.Increment(ref sent) <= Total)
            {
                var next = Create();
                inFlight.Writer.TryWrite(next);
                side.Enqueue(next);
            }
        }

        // More in the air than there are stream ids: the writer parks all the time.
        for (var i = 0; i < 64; i++)
        {
            SendNext();
        }

        var peer = Task.Run(async () =>
        {
            var batch = new List<ProbeRequest>();
            var waiting = new List<ProbeRequest>();
            while (!all.Task.IsCompleted)
            {
                while (inFlight.Reader.TryRead(out var request))
                {
                    waiting.Add(request);
                }

                batch.AddRange(waiting.Where(request => IsFilled(side, request)).Take(random.Next(1, 20)));
                waiting.RemoveAll(batch.Contains);
                if (batch.Count > 0)
                {
                    side.Answer([.. batch]);
                    batch.Clear();
                }
                else
                {
                    await Task.Yield();
                }
            }
        });
        await all.Task.WaitAsync(Limit);
        await peer;
        done.Should().Be(Total);
    }

    private static bool IsFilled(WriteSide side, ProbeRequest request) => request.Stream >= 0 && side.Streams.Holds(request.Stream, request);
}
