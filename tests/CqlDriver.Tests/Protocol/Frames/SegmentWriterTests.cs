using System.Buffers;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Frames;

public class SegmentWriterTests
{
    private static readonly RequestHead Head = new(ProtocolVersion.V5, 3);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_of_any_size_come_out_as_they_went_in(bool lz4)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var generated = new Generated(seed);
            using var expected = new GrowableBuffer();
            using var buffer = new GrowableBuffer(16);
            var writer = new SegmentWriter(lz4);
            buffer.Write("already there"u8);
            var start = writer.Open(buffer);
            for (var frames = generated.Below(8); frames >= 0; frames--)
            {
                var token = new byte[generated.OneOf(0, 10, 1000, 60_000, 131_058, 131_059, 262_142, 500_000) + generated.Below(3)];
                if (generated.Maybe())
                {
                    new Random(seed).NextBytes(token);
                }

                RequestEncoder.AuthResponse(buffer, Head, token);
                RequestEncoder.AuthResponse(expected, Head, token);
            }

            writer.Close(buffer, start);

            buffer.WrittenSpan[..start].SequenceEqual("already there"u8).Should().BeTrue();
            Unwrap(buffer.WrittenSpan[start..], lz4).AsSpan().SequenceEqual(expected.WrittenSpan).Should().BeTrue("of seed {0}", seed);
        }
    }

    [Fact]
    public void Frames_that_fit_one_segment_share_one_and_are_not_moved()
    {
        using var buffer = new GrowableBuffer();
        var writer = new SegmentWriter(lz4: false);
        var start = writer.Open(buffer);
        var first = RequestEncoder.Options(buffer, Head);
        RequestEncoder.Options(buffer, Head);
        writer.Close(buffer, start);

        first.Should().Be(SegmentFormat.PlainHeaderSize);
        buffer.Length.Should().Be(SegmentFormat.PlainHeaderSize + (2 * FrameHeader.Size) + SegmentFormat.TrailerSize);
        SegmentFormat.ReadHeader(buffer.WrittenSpan, lz4: false).Should().Be(new SegmentHeader(2 * FrameHeader.Size, 0, true));
    }

    [Fact]
    public void A_frame_longer_than_a_segment_shares_none_of_its_segments()
    {
        using var buffer = new GrowableBuffer();
        var writer = new SegmentWriter(lz4: false);
        var start = writer.Open(buffer);
        RequestEncoder.Options(buffer, Head);
        RequestEncoder.AuthResponse(buffer, Head, new byte[200_000]);
        RequestEncoder.Options(buffer, Head);
        writer.Close(buffer, start);

        var segments = new List<(int Length, bool IsSelfContained)>();
        using var reader = new SegmentReader(lz4: false);
        for (var rest = buffer.WrittenSpan; !rest.IsEmpty;)
        {
            reader.TryRead(rest, out var segment).Should().BeTrue();
            segments.Add((segment.Payload.Length, segment.IsSelfContained));
            rest = rest[segment.Consumed..];
        }

        const int Frame = 200_000 + 4 + FrameHeader.Size;
        segments.Should().Equal((FrameHeader.Size, true), (131_071, false), (Frame - 131_071, false), (FrameHeader.Size, true));
    }

    [Fact]
    public void A_segment_without_frames_leaves_nothing()
    {
        using var buffer = new GrowableBuffer();
        buffer.WriteByte(1);
        var writer = new SegmentWriter(lz4: true);

        writer.Close(buffer, writer.Open(buffer));

        buffer.Length.Should().Be(1);
    }

    [Fact]
    public void Bytes_that_do_not_compress_are_left_as_they_are()
    {
        var noise = new byte[10_000];
        new Random(1).NextBytes(noise);
        using var buffer = new GrowableBuffer();
        var writer = new SegmentWriter(lz4: true);
        var start = writer.Open(buffer);
        RequestEncoder.AuthResponse(buffer, Head, noise);
        writer.Close(buffer, start);

        SegmentFormat.ReadHeader(buffer.WrittenSpan, lz4: true).UncompressedLength.Should().Be(0);
        Unwrap(buffer.WrittenSpan, lz4: true)[^10_000..].Should().Equal(noise);
    }

    [Fact]
    public void Parts_of_a_frame_that_hold_more_than_the_frame_are_refused()
    {
        using var assembler = new FrameAssembler(expectResponse: false, maxBodyBytes: 100);
        using var buffer = new GrowableBuffer();
        RequestEncoder.AuthResponse(buffer, Head, new byte[20]);
        buffer.WriteByte(0);

        assembler.Append(buffer.WrittenSpan[..5], out _).Should().BeFalse();
        assembler.IsInTheMiddle.Should().BeTrue();
        assembler.Invoking(parts => parts.Append(buffer.WrittenSpan[5..], out _)).Should().Throw<CqlProtocolException>().WithMessage("*34 bytes; the frame has 33*");
    }

    private static byte[] Unwrap(ReadOnlySpan<byte> bytes, bool lz4)
    {
        using var reader = new SegmentReader(lz4);
        using var assembler = new FrameAssembler(expectResponse: false, FrameReader.DefaultMaxBodyBytes);
        var frames = new ArrayBufferWriter<byte>();
        while (!bytes.IsEmpty)
        {
            reader.TryRead(bytes, out var segment).Should().BeTrue();
            if (segment.IsSelfContained)
            {
                assembler.IsInTheMiddle.Should().BeFalse();
                frames.Write(segment.Payload);
            }
            else if (assembler.Append(segment.Payload, out _))
            {
                var frame = assembler.TakeFrame(out var length);
                frames.Write(frame.AsSpan(0, length));
                ArrayPool<byte>.Shared.Return(frame);
            }

            bytes = bytes[segment.Consumed..];
        }

        assembler.IsInTheMiddle.Should().BeFalse();
        return frames.WrittenSpan.ToArray();
    }
}
