using System.Buffers.Binary;

namespace CqlDriver;

/// <summary>What to expect of the cells of a column.</summary>
internal readonly struct CellShape
{
    private const int NullLength = -1;

    public CellShape(CqlType type, CodecRegistry codecs)
    {
        var usual = type.FixedLength > 0 ? type.FixedLength : NullLength;
        UsualLength = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(usual) : usual;
        UsualStep = sizeof(int) + Math.Max(usual, 0);
        ShortCut = codecs.MayShortCut(type.Kind) ? type.Kind : CqlTypeKind.Custom;
    }

    /// <summary>The length of nearly all cells, as it stands in the page: that of the type, or of null where the type's varies.</summary>
    public int UsualLength { get; }

    /// <summary>From a cell of that length to the next one.</summary>
    public int UsualStep { get; }

    /// <summary>The column's kind where values may be read by short cut; <see cref="CqlTypeKind.Custom"/>, which has none, otherwise.</summary>
    public CqlTypeKind ShortCut { get; }
}
