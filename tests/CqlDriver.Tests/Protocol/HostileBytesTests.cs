using CqlDriver.Protocol;
using CqlDriver.Tests.Protocol.Compression;
using CqlDriver.Tests.Protocol.Requests;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol;

/// <summary>Truncated and mutated messages are read or refused with the one exception there is for it; nothing is allocated on the word of a length.</summary>
public class HostileBytesTests
{
    private static readonly ProtocolExtensions Negotiated = new(HasResultMetadataIds: true, HasTabletVersionBlock: true, RateLimitErrorCode: 0x4321);

    [Fact]
    public void Generated_messages_cut_short_anywhere_or_changed_anywhere_are_read_or_refused()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var version = 4 + (seed & 1);
            var generated = new Generated(seed);
            using var buffer = new GrowableBuffer();
            RequestAgain.Encode(buffer, version, 1, generated.Request(version, Negotiated), Negotiated);
            Torment(buffer.WrittenSpan.ToArray(), generated);
            buffer.Clear();
            ResponseEncoder.Encode(buffer, version, 1, generated.Response(Negotiated, version), Negotiated);
            Torment(buffer.WrittenSpan.ToArray(), generated);
        }
    }

    [Fact]
    public void Recorded_messages_cut_short_anywhere_or_changed_anywhere_are_read_or_refused()
    {
        var generated = new Generated(4711);
        foreach (var message in RecordedConversations.Read().Messages.Where((message, index) => index % 9 == 0 && message.Body.Length < 20_000))
        {
            var frame = new byte[FrameHeader.Size + message.Body.Length];
            (message.Header with { BodyLength = message.Body.Length, Flags = message.Header.Flags & ~FrameFlags.Compressed }).Write(frame);
            message.Body.CopyTo(frame, FrameHeader.Size);
            Torment(frame, generated);
        }
    }

    [Fact]
    public void A_message_cut_short_is_never_taken_for_whole()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            using var buffer = new GrowableBuffer();
            var response = new Generated(seed).Response(Negotiated, 4);
            if (response is ErrorResponse or ReadyResponse or VoidResponse)
            {
                continue;
            }

            ResponseEncoder.Encode(buffer, 4, 1, response, Negotiated);
            var header = FrameHeader.Read(buffer.WrittenSpan);
            var body = buffer.WrittenSpan[FrameHeader.Size..].ToArray();
            var decode = () => ResponseDecoder.Decode(header, body.AsSpan(0, body.Length - 1), Negotiated);
            if (response is EventResponse { Event: ClientRoutesChangeEvent })
            {
                // Such an event must not cost the control connection: it tells that it told nothing.
                decode().Should().BeOfType<EventResponse>("of seed {0}", seed).Which.Event.Should().BeSameAs(ClientRoutesChangeEvent.Unreadable);
                continue;
            }

            decode.Should().Throw<CqlProtocolException>("of seed {0}", seed);
        }
    }

    [Theory]
    [InlineData("lz4")]
    [InlineData("snappy")]
    public void Blocks_with_changed_bytes_are_read_or_refused(string format)
    {
        var generated = new Generated(99);
        for (var seed = 0; seed < 3000; seed++)
        {
            var plain = generated.Some(() => generated.OneOf("abcabcabc"u8.ToArray(), generated.Bytes(), new byte[generated.Below(300)]), 12).SelectMany(part => part).ToArray();
            var block = BlockVectorTests.Compress(format, plain);
            BlockVectorTests.Decompress(format, block, plain.Length).AsSpan().SequenceEqual(plain).Should().BeTrue();
            block[generated.Below(block.Length)] = (byte)generated.Below(256);
            Refuse(() => BlockVectorTests.Decompress(format, block[..(1 + generated.Below(block.Length))], plain.Length));
        }
    }

    [Fact]
    public void Segments_with_any_one_byte_changed_are_refused_or_incomplete()
    {
        using var buffer = new GrowableBuffer();
        foreach (var lz4 in new[] { false, true })
        {
            buffer.Clear();
            var writer = new SegmentWriter(lz4);
            var start = writer.Open(buffer);
            for (var i = 0; i < 20; i++)
            {
                RequestEncoder.Query(buffer, new RequestHead(ProtocolVersion.V5, 1), "SELECT * FROM things WHERE id = ?", new QueryParameters(ConsistencyLevel.One));
            }

            writer.Close(buffer, start);
            using var reader = new SegmentReader(lz4);
            for (var position = 0; position < buffer.Length; position++)
            {
                var bytes = buffer.WrittenSpan.ToArray();
                bytes[position] ^= 0x10;
                var taken = true;
                Refuse(() => taken = reader.TryRead(bytes, out _), () => taken = false);
                taken.Should().BeFalse("byte {0} is changed", position);
            }
        }
    }

    private static void Torment(byte[] frame, Generated generated)
    {
        var header = FrameHeader.Read(frame);
        var body = frame[FrameHeader.Size..];
        for (var cuts = 0; cuts < 20; cuts++)
        {
            Decode(header, body[..generated.Below(body.Length + 1)]);
        }

        for (var changes = 0; changes < 30 && body.Length > 0; changes++)
        {
            var changed = (byte[])body.Clone();
            for (var i = generated.Below(3); i >= 0; i--)
            {
                changed[generated.Below(changed.Length)] = generated.OneOf<byte>(0, 1, 0x7F, 0x80, 0xFF, (byte)generated.Below(256));
            }

            Decode(header with { Flags = header.Flags ^ (FrameFlags)generated.OneOf(0, 0, 0, 2, 4, 8) }, changed);
        }
    }

    private static void Decode(FrameHeader header, byte[] body)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(() =>
        {
            if (header.IsResponse)
            {
                ResponseDecoder.Decode(header, body, Negotiated);
            }
            else
            {
                RequestDecoder.Decode(header, body, Negotiated);
            }
        });

        // Objects are larger than the bytes that describe them, but in proportion; the constant is the exception.
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (allocated > 60_000 + (body.Length * 60L))
        {
            throw new InvalidOperationException($"{allocated} bytes were allocated for a body of {body.Length}: {Convert.ToHexString(body)} ({header})");
        }
    }

    private static void Refuse(Action action, Action? refused = null)
    {
        try
        {
            action();
        }
        catch (CqlProtocolException)
        {
            refused?.Invoke();
        }
    }
}
