using CqlDriver.Protocol;

namespace CqlDriver.Tests.Protocol.Frames;

public class ChecksumTests
{
    [Fact]
    public void The_check_value_of_the_algorithm_is_met() => Crc32.Compute("123456789"u8).Should().Be(0xCBF43926);

    [Fact]
    public void Folding_and_tables_agree_on_every_length()
    {
        var bytes = new byte[1500];
        new Random(3).NextBytes(bytes);
        for (var length = 0; length <= bytes.Length; length++)
        {
            var part = bytes.AsSpan(bytes.Length - length);
            Crc32.Compute(part).Should().Be(~Crc32.UpdateByTables(0xFFFFFFFF, part));
        }
    }

    [Fact]
    public void A_header_survives_writing_and_reading()
    {
        foreach (var lz4 in new[] { false, true })
        {
            foreach (var length in new[] { 0, 1, 255, 65_536, SegmentFormat.MaxPayloadBytes })
            {
                foreach (var isSelfContained in new[] { false, true })
                {
                    var bytes = new byte[SegmentFormat.HeaderSize(lz4)];
                    SegmentFormat.WriteHeader(bytes, lz4, length, SegmentFormat.MaxPayloadBytes - length, isSelfContained);
                    SegmentFormat.ReadHeader(bytes, lz4).Should().Be(new SegmentHeader(length, lz4 ? SegmentFormat.MaxPayloadBytes - length : 0, isSelfContained));
                }
            }
        }
    }
}
