using CqlDriver.Connections;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Connections;

/// <summary>A write loop over a recording stream, and the few hands of the read side that a test needs.</summary>
internal sealed class WriteSide
{
    public WriteSide(int streams = 1_024, int flushThresholdBytes = 32 * 1024, int maxFrameBytes = 1 << 20, int inlineLimit = int.MaxValue, TimeProvider? time = null)
    {
        Streams = new StreamTable(streams);
        Life = new ConnectionLife(1);
        Writer = new WriteLoop(
            Streams, Life, Completions, new PlainOutgoingFrames(FrameCompression.None), Transport,
            new WriteLoopOptions(new ConnectionFacts(ProtocolVersion.V4), time ?? TimeProvider.System, flushThresholdBytes, maxFrameBytes, End, () => Unheld++) { InlineLimit = inlineLimit });
    }

    public StreamTable Streams { get; }

    public ConnectionLife Life { get; }

    public CompletionQueue Completions { get; } = new();

    public GatedStream Transport { get; } = new();

    public WriteLoop Writer { get; }

    public int Unheld { get; private set; }

    public bool Enqueue(ConnectionRequest request)
    {
        Life.TryHold(int.MaxValue).Should().BeTrue();
        return Writer.TryEnqueue(request);
    }

    public void End(Exception reason)
    {
        Life.TryEnd(reason);
        Writer.Wake();
    }

    /// <summary>What the read loop does with the answers of one read.</summary>
    public void Answer(params ProbeRequest[] requests)
    {
        ConnectionRequest? head = null;
        ConnectionRequest? tail = null;
        foreach (var request in requests)
        {
            Streams.TryRemove(request.Stream, out var found, out var claimed).Should().BeTrue();
            found.Should().BeSameAs(request);
            Streams.Free(request.Stream);
            byte[]? owned = null;
            if (!request.OnAnswer(claimed, new FrameHeader(4, true, FrameFlags.None, request.Stream, Opcode.Supported, 0), [], ref owned))
            {
                continue;
            }

            head ??= request;
            if (tail is not null)
            {
                tail.Next = request;
            }

            tail = request;
        }

        Life.Unhold(Streams.PublishFreed());
        var writer = Writer.TryUnpark() ? Writer : null;
        if (head is not null)
        {
            Completions.Post(head, tail!, writer);
        }
        else
        {
            writer?.Run();
        }
    }
}
