using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Tests.Protocol.Compression;

public class BlockVectorTests
{
    [Theory]
    [InlineData("lz4", 327)]
    [InlineData("snappy", 209)]
    public void Every_good_block_decompresses_and_its_content_survives_our_compressor(string format, int count)
    {
        var seen = 0;
        foreach (var vector in VectorFile.Read(format).Where(vector => vector.Text("bad") is null))
        {
            var plain = vector.Hex("plain_hex");
            Decompress(format, vector.Hex("compressed_hex"), plain.Length).AsSpan().SequenceEqual(plain).Should().BeTrue();

            var compressed = Compress(format, plain);
            Decompress(format, compressed, plain.Length).AsSpan().SequenceEqual(plain).Should().BeTrue();
            seen++;
        }

        seen.Should().Be(count);
    }

    [Theory]
    [InlineData("lz4", 227)]
    [InlineData("snappy", 227)]
    public void Every_bad_block_is_refused(string format, int count)
    {
        var taken = new List<string>();
        var seen = 0;
        foreach (var vector in VectorFile.Read(format).Where(vector => vector.Text("bad") is not null))
        {
            seen++;
            try
            {
                Decompress(format, vector.Hex("compressed_hex"), vector.Int("plain_length") ?? 0);
                taken.Add(vector.GetRawText()[..Math.Min(300, vector.GetRawText().Length)]);
            }
            catch (CqlProtocolException)
            {
                continue;
            }
        }

        taken.Should().BeEmpty();
        seen.Should().Be(count);
    }

    internal static byte[] Compress(string format, byte[] plain)
    {
        if (format == "lz4")
        {
            var block = new byte[Lz4Block.MaxCompressedLength(plain.Length)];
            return block[..Lz4Block.Compress(plain, block)];
        }

        var raw = new byte[SnappyBlock.MaxCompressedLength(plain.Length)];
        return raw[..SnappyBlock.Compress(plain, raw)];
    }

    internal static byte[] Decompress(string format, byte[] block, int length)
    {
        var plain = new byte[length];
        if (format == "lz4")
        {
            Lz4Block.Decompress(block, plain);
        }
        else
        {
            SnappyBlock.Decompress(block, plain);
        }

        return plain;
    }
}
