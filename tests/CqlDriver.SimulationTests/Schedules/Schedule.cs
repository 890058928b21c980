using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Compression;

namespace CqlDriver.SimulationTests;

/// <summary>Everything that one run was decided by: how many steps, and the answer to each choice. It replays exactly.</summary>
/// <param name="Steps">How many steps trouble lasts.</param>
/// <param name="Answers">The options taken.</param>
internal sealed record Schedule(int Steps, ImmutableArray<byte> Answers)
{
    private const byte Version = 1;

    /// <summary>As it is printed and given to <c>--schedule</c>.</summary>
    public override string ToString()
    {
        using var packed = new MemoryStream();
        packed.WriteByte(Version);
        Span<byte> steps = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(steps, Steps);
        packed.Write(steps);
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(Answers.AsSpan());
        }

        return Convert.ToBase64String(packed.ToArray());
    }

    public static Schedule Parse(string text)
    {
        var bytes = Convert.FromBase64String(text);
        if (bytes.Length < 5 || bytes[0] != Version)
        {
            throw new FormatException("It is not a schedule of this version of the simulation.");
        }

        using var unpacked = new MemoryStream();
        using (var inflate = new DeflateStream(new MemoryStream(bytes, 5, bytes.Length - 5), CompressionMode.Decompress))
        {
            inflate.CopyTo(unpacked);
        }

        return new Schedule(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(1)), [.. unpacked.ToArray()]);
    }
}
