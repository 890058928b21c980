using System.Buffers.Binary;

namespace CqlDriver.Types;

/// <summary>
/// Walks the content of a collection, tuple, user type or vector. No count or length is believed beyond the bytes that
/// are there, so that what is allocated for them is in proportion to what was received.
/// </summary>
internal ref struct CellReader
{
    private const int LengthSize = sizeof(int);

    private readonly CqlType _type;
    private readonly Type _clrType;
    private ReadOnlySpan<byte> _rest;

    public CellReader(ReadOnlySpan<byte> content, CqlType type, Type clrType)
    {
        _rest = content;
        _type = type;
        _clrType = clrType;
    }

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>A number of entries, each of which has at least this many cells with a length of their own.</summary>
    public int ReadCount(int cellsPerEntry)
    {
        var count = ReadLength();
        return count >= 0 && (long)count * cellsPerEntry * LengthSize <= _rest.Length
            ? count
            : throw Malformed($"it claims {count} entries in {_rest.Length} bytes");
    }

    public ReadOnlySpan<byte> ReadCell(out bool isNull)
    {
        var length = ReadLength();
        isNull = length == -1;
        return isNull ? default : Take(length);
    }

    /// <summary>The next element of a vector: packed when its type has a fixed length, else after a length of its own.</summary>
    public ReadOnlySpan<byte> ReadVectorElement(int fixedLength)
    {
        if (fixedLength > 0)
        {
            return Take(fixedLength);
        }

        return VInt.TryRead(ref _rest, out var length) && length <= (ulong)_rest.Length
            ? Take((int)length)
            : throw Malformed("an element ends beyond the value");
    }

    public readonly void ExpectEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw Malformed($"{_rest.Length} bytes are left over");
        }
    }

    public readonly CqlValueException Malformed(string why) => ValueError.Read(_type, _clrType, $"the bytes are malformed, {why}");

    private int ReadLength()
    {
        if (!BinaryPrimitives.TryReadInt32BigEndian(_rest, out var length))
        {
            throw Malformed("they end within a length");
        }

        _rest = _rest[LengthSize..];
        return length;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            throw Malformed($"an entry claims {length} bytes of {_rest.Length}");
        }

        var cell = _rest[..length];
        _rest = _rest[length..];
        return cell;
    }
}
