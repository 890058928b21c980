namespace CqlDriver.Protocol;

/// <summary>The 24-bit checksum of a segment's header (v5, section 2.2): polynomial 0x1974F0B, initial value 0x875060.</summary>
internal static class Crc24
{
    private const int Initial = 0x875060;
    private const int Polynomial = 0x1974F0B;
    private static readonly int[] Table = BuildTable();

    public static int Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = Initial;
        foreach (var value in bytes)
        {
            crc = ((crc << 8) & 0xFFFFFF) ^ Table[((crc >> 16) ^ value) & 0xFF];
        }

        return crc;
    }

    private static int[] BuildTable()
    {
        var table = new int[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = i << 16;
            for (var bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                if ((crc & 0x1000000) != 0)
                {
                    crc ^= Polynomial;
                }
            }

            table[i] = crc;
        }

        return table;
    }
}
