using System.Buffers.Binary;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>sum() and avg() of whole and floating numbers: in the argument's own type, wrapping as a server's do; 0 of nothing.</summary>
internal sealed class SumOf(Selector argument, bool isAverage) : IAccumulator
{
    private long _whole;
    private double _floating;
    private long _count;

    public static bool Supports(CqlType type) => type.Kind is CqlTypeKind.Tinyint or CqlTypeKind.Smallint or CqlTypeKind.Int or CqlTypeKind.Bigint
        or CqlTypeKind.Counter or CqlTypeKind.Float or CqlTypeKind.Double;

    public void Add(ExecutionScope scope, RowCursor row)
    {
        if (argument.Evaluate(scope, row) is not { Length: > 0 } value)
        {
            return;
        }

        _count++;
        unchecked
        {
            switch (argument.Type.Kind)
            {
                case CqlTypeKind.Tinyint:
                    _whole += (sbyte)value[0];
                    break;
                case CqlTypeKind.Smallint:
                    _whole += BinaryPrimitives.ReadInt16BigEndian(value);
                    break;
                case CqlTypeKind.Int:
                    _whole += BinaryPrimitives.ReadInt32BigEndian(value);
                    break;
                case CqlTypeKind.Float:
                    _floating += BinaryPrimitives.ReadSingleBigEndian(value);
                    break;
                case CqlTypeKind.Double:
                    _floating += BinaryPrimitives.ReadDoubleBigEndian(value);
                    break;
                default:
                    _whole += BinaryPrimitives.ReadInt64BigEndian(value);
                    break;
            }
        }
    }

    public byte[]? Finish()
    {
        var whole = isAverage && _count > 0 ? _whole / _count : _whole;
        var floating = isAverage && _count > 0 ? _floating / _count : _floating;
        var bytes = new byte[8];
        switch (argument.Type.Kind)
        {
            case CqlTypeKind.Tinyint:
                return [unchecked((byte)whole)];
            case CqlTypeKind.Smallint:
                return CqlBytes.Int16(unchecked((short)whole));
            case CqlTypeKind.Int:
                return CqlBytes.Int32(unchecked((int)whole));
            case CqlTypeKind.Float:
                BinaryPrimitives.WriteSingleBigEndian(bytes, (float)floating);
                return bytes[..4];
            case CqlTypeKind.Double:
                BinaryPrimitives.WriteDoubleBigEndian(bytes, floating);
                return bytes;
            default:
                return CqlBytes.Int64(whole);
        }
    }
}
