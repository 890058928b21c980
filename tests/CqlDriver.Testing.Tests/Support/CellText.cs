using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>Shows the bytes of a cell so that a test can be read.</summary>
internal static class CellText
{
    public static string Of(CqlType type, byte[]? cell) => cell is null ? "-" : type switch
    {
        CqlListType list => $"[{Join(list.Element, list.Element, CqlBytes.TrySplitCollection(cell, 1)!)}]",
        CqlSetType set => $"{{{Join(set.Element, set.Element, CqlBytes.TrySplitCollection(cell, 1)!)}}}",
        CqlMapType map => $"{{{Join(map.Key, map.Value, CqlBytes.TrySplitCollection(cell, 2)!)}}}",
        CqlUserType user => $"({string.Join(',', CqlBytes.TrySplitTuple(cell, user.Fields.Length)!.Select((field, i) => Of(user.Fields[i].Type, field)))})",
        _ => type.Kind switch
        {
            CqlTypeKind.Int => BinaryPrimitives.ReadInt32BigEndian(cell).ToString(CultureInfo.InvariantCulture),
            CqlTypeKind.Bigint or CqlTypeKind.Counter => BinaryPrimitives.ReadInt64BigEndian(cell).ToString(CultureInfo.InvariantCulture),
            CqlTypeKind.Text => Encoding.UTF8.GetString(cell),
            CqlTypeKind.Boolean => cell[0] == 0 ? "false" : "true",
            _ => Convert.ToHexStringLower(cell),
        },
    };

    public static byte[] Int(int value) => CqlBytes.Int32(value);

    public static byte[] Text(string value) => CqlBytes.Text(value);

    private static string Join(CqlType even, CqlType odd, List<byte[]?> elements) => string.Join(',', elements.Select((element, i) => Of(i % 2 == 0 ? even : odd, element)));
}
