using System.Buffers;
using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Frames;

public class SegmentVectorTests
{
    [Fact]
    public void Every_good_segment_is_read_from_one_piece_and_from_many()
    {
        foreach (var vector in VectorFile.Read("crc").Where(vector => vector.Text("bad") is null))
        {
            var bytes = vector.Hex("segment_hex");
            var payload = vector.Hex("payload_hex");
            using var reader = new SegmentReader(vector.GetProperty("compressed").GetBoolean());

            reader.TryRead(bytes, out var whole).Should().BeTrue();
            Check(whole);
            foreach (var piece in new[] { 1, 3, 7, 4096, bytes.Length })
            {
                reader.TryRead(InPieces(bytes, piece), out var pieces).Should().BeTrue();
                Check(pieces);
            }

            for (var length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 50))
            {
                reader.TryRead(bytes.AsSpan(0, length), out _).Should().BeFalse("{0} of {1} bytes are not enough", length, bytes.Length);
            }

            void Check(Segment segment)
            {
                segment.Payload.SequenceEqual(payload).Should().BeTrue();
                segment.IsSelfContained.Should().Be(vector.GetProperty("self_contained").GetBoolean());
                segment.Consumed.Should().Be(bytes.Length);
            }
        }
    }

    [Fact]
    public void Headers_and_checksums_that_we_write_are_those_of_the_reference()
    {
        foreach (var vector in VectorFile.Read("crc").Where(vector => vector.Text("bad") is null))
        {
            var segment = vector.Hex("segment_hex");
            var lz4 = vector.GetProperty("compressed").GetBoolean();
            var headerSize = SegmentFormat.HeaderSize(lz4);
            var payload = segment.AsSpan(headerSize..^SegmentFormat.TrailerSize);
            var header = new byte[headerSize];
            SegmentFormat.WriteHeader(header, lz4, payload.Length, vector.Int("uncompressed_length") ?? 0, vector.GetProperty("self_contained").GetBoolean());

            header.Should().Equal(segment[..headerSize]);
            BitConverter.GetBytes(Crc32.OfPayload(payload)).Should().Equal(segment[^SegmentFormat.TrailerSize..]);
        }
    }

    [Fact]
    public void Every_bad_segment_is_refused_or_never_whole()
    {
        foreach (var vector in VectorFile.Read("crc").Where(vector => vector.Text("bad") is not null))
        {
            var bytes = vector.Hex("segment_hex");
            using var reader = new SegmentReader(vector.GetProperty("compressed").GetBoolean());
            string outcome;
            try
            {
                outcome = reader.TryRead(bytes, out _) ? "taken" : "incomplete";
            }
            catch (CqlProtocolException)
            {
                outcome = "refused";
            }

            outcome.Should().Be(vector.Text("reference") == "incomplete" ? "incomplete" : "refused", vector.Text("bad"));
        }
    }

    [Fact]
    public void Wrapping_the_frames_of_a_recorded_plain_segment_gives_its_bytes()
    {
        var compared = 0;
        foreach (var unit in VectorFile.Read("frames").Where(unit => unit.Text("unit") == "segment" && unit.Text("compression") is null))
        {
            var raw = unit.Hex("raw");
            using var reader = new SegmentReader(lz4: false);
            reader.TryRead(raw, out var segment).Should().BeTrue();
            if (!segment.IsSelfContained)
            {
                continue;
            }

            using var buffer = new GrowableBuffer();
            var writer = new SegmentWriter(lz4: false);
            var start = writer.Open(buffer);
            buffer.Write(segment.Payload);
            writer.Close(buffer, start);
            buffer.WrittenSpan.SequenceEqual(raw).Should().BeTrue();
            compared++;
        }

        compared.Should().BeGreaterThan(600);
    }

    internal static ReadOnlySequence<byte> InPieces(byte[] bytes, int pieceLength)
    {
        if (bytes.Length <= pieceLength)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        var first = new Piece(bytes.AsMemory(0, pieceLength), 0);
        var last = first;
        for (var position = pieceLength; position < bytes.Length; position += pieceLength)
        {
            last = last.Append(bytes.AsMemory(position, Math.Min(pieceLength, bytes.Length - position)));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
