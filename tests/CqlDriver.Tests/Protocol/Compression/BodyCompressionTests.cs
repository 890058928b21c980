using System.Text;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Compression;

public class BodyCompressionTests
{
    private static readonly RequestHead Head = new(ProtocolVersion.V4, 3);

    [Theory]
    [InlineData(FrameCompression.Lz4)]
    [InlineData(FrameCompression.Snappy)]
    internal void A_compressed_frame_keeps_its_neighbour_and_decompresses_to_itself(FrameCompression compression)
    {
        using var buffer = new GrowableBuffer();
        RequestEncoder.Options(buffer, Head);
        var start = RequestEncoder.Query(buffer, Head, string.Concat(Enumerable.Repeat("SELECT everything ", 50)), new QueryParameters(ConsistencyLevel.One));
        var plain = buffer.WrittenSpan[(start + FrameHeader.Size)..].ToArray();
        BodyCompression.CompressLastFrame(buffer, start, compression);

        start.Should().Be(FrameHeader.Size);
        var header = FrameHeader.Read(buffer.WrittenSpan[start..]);
        var body = buffer.WrittenSpan[(start + FrameHeader.Size)..];
        BodyCompression.IsCompressed(header).Should().BeTrue();
        header.BodyLength.Should().Be(body.Length).And.BeLessThan(plain.Length / 4);
        var decompressed = new byte[BodyCompression.DecompressedLength(compression, body, 10_000)];
        BodyCompression.Decompress(compression, body, decompressed);
        decompressed.Should().Equal(plain);
    }

    [Fact]
    public void What_does_not_get_shorter_is_sent_as_it_is()
    {
        var noise = new byte[500];
        new Random(1).NextBytes(noise);
        using var buffer = new GrowableBuffer();
        var start = RequestEncoder.AuthResponse(buffer, Head, noise);
        var before = buffer.WrittenSpan.ToArray();
        BodyCompression.CompressLastFrame(buffer, start, FrameCompression.Lz4);

        buffer.WrittenSpan.ToArray().Should().Equal(before);
    }

    [Theory]
    [InlineData(FrameCompression.Lz4, "7fffffff00112233", "*2147483647*at most 1020*")]
    [InlineData(FrameCompression.Lz4, "ffffffff00112233", "*-1*")]
    [InlineData(FrameCompression.Lz4, "000000", "*3 bytes*")]
    [InlineData(FrameCompression.Lz4, "0000010000112233", "*256*200 is the limit*")]
    [InlineData(FrameCompression.Snappy, "ffffffff07", "*2147483647*at most 110*")]
    [InlineData(FrameCompression.Snappy, "ffffffffff", "*Snappy*")]
    [InlineData(FrameCompression.None, "00", "*no compression*")]
    internal void A_length_that_the_bytes_cannot_expand_to_is_refused_before_memory_is_taken(FrameCompression compression, string hex, string message)
    {
        var measure = () => BodyCompression.DecompressedLength(compression, Convert.FromHexString(hex), maxBodyBytes: 200);

        measure.Should().Throw<CqlProtocolException>().WithMessage(message);
    }

    [Fact]
    public void The_most_that_a_block_can_expand_to_is_let_through()
    {
        var zeros = new byte[1_000_000];
        foreach (var format in new[] { "lz4", "snappy" })
        {
            var block = BlockVectorTests.Compress(format, zeros);
            var compression = format == "lz4" ? FrameCompression.Lz4 : FrameCompression.Snappy;
            byte[] body = format == "lz4" ? [0, 0x0F, 0x42, 0x40, .. block] : block;
            BodyCompression.DecompressedLength(compression, body, 2_000_000).Should().Be(zeros.Length, Encoding.ASCII.GetString([(byte)format[0]]));
        }
    }
}
