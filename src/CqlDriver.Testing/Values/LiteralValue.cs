using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;
using System.Text;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Values;

/// <summary>Constants of a statement as the bytes of a column's type.</summary>
internal static class LiteralValue
{
    public static byte[] Encode(ConstantTerm constant, string receiver, CqlType type)
    {
        if (!Accepts(constant.Kind, type.Kind))
        {
            throw CqlServerException.Invalid($"Invalid {NameOf(constant.Kind)} constant ({constant.Text}) for \"{receiver}\" of type {type}");
        }

        try
        {
            return Encode(constant.Kind, constant.Text, type.Kind);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw CqlServerException.Invalid($"Unable to make {type} from '{constant.Text}'");
        }
    }

    /// <summary>The type that a constant has where nothing else says it, as in the argument of a function.</summary>
    public static CqlType NaturalType(ConstantKind kind) => kind switch
    {
        ConstantKind.String => CqlType.Text,
        ConstantKind.Integer => CqlType.Int,
        ConstantKind.Float => CqlType.Double,
        ConstantKind.Boolean => CqlType.Boolean,
        ConstantKind.Uuid => CqlType.Uuid,
        ConstantKind.Blob => CqlType.Blob,
        ConstantKind.Duration => CqlType.Duration,
    };

    public static byte[] EncodeDecimal(string text)
    {
        var mantissa = text;
        var exponent = 0L;
        var e = text.AsSpan().IndexOfAny('e', 'E');
        if (e >= 0)
        {
            mantissa = text[..e];
            exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var scale = (point < 0 ? 0 : mantissa.Length - point - 1) - exponent;
        var unscaled = BigInteger.Parse(mantissa.Replace(".", string.Empty, StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var digits = unscaled.ToByteArray(isBigEndian: true);
        var bytes = new byte[4 + digits.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, checked((int)scale));
        digits.CopyTo(bytes, 4);
        return bytes;
    }

    private static bool Accepts(ConstantKind kind, CqlTypeKind type) => kind switch
    {
        ConstantKind.String => type is CqlTypeKind.Ascii or CqlTypeKind.Text or CqlTypeKind.Inet or CqlTypeKind.Date or CqlTypeKind.Time or CqlTypeKind.Timestamp,
        ConstantKind.Integer => type is CqlTypeKind.Bigint or CqlTypeKind.Counter or CqlTypeKind.Date or CqlTypeKind.Decimal or CqlTypeKind.Double
            or CqlTypeKind.Float or CqlTypeKind.Int or CqlTypeKind.Smallint or CqlTypeKind.Time or CqlTypeKind.Timestamp or CqlTypeKind.Tinyint or CqlTypeKind.Varint,
        ConstantKind.Float => type is CqlTypeKind.Decimal or CqlTypeKind.Double or CqlTypeKind.Float,
        ConstantKind.Boolean => type is CqlTypeKind.Boolean,
        ConstantKind.Uuid => type is CqlTypeKind.Uuid or CqlTypeKind.Timeuuid,
        ConstantKind.Blob => type is CqlTypeKind.Blob,
        ConstantKind.Duration => type is CqlTypeKind.Duration,
    };

    private static string NameOf(ConstantKind kind) => kind == ConstantKind.Blob ? "HEX" : kind.ToString().ToUpperInvariant();

    private static byte[] Encode(ConstantKind kind, string text, CqlTypeKind type) => type switch
    {
        CqlTypeKind.Ascii => EncodeAscii(text),
        CqlTypeKind.Text => Encoding.UTF8.GetBytes(text),
        CqlTypeKind.Inet => IPAddress.Parse(text).GetAddressBytes(),
        CqlTypeKind.Date => CqlBytes.Int32(kind == ConstantKind.String ? TimeTexts.DateOf(text) : unchecked((int)uint.Parse(text, CultureInfo.InvariantCulture))),
        CqlTypeKind.Time => CqlBytes.Int64(kind == ConstantKind.String ? TimeTexts.TimeOf(text) : TimeTexts.CheckTime(Whole(text))),
        CqlTypeKind.Timestamp => CqlBytes.Int64(kind == ConstantKind.String ? TimeTexts.TimestampOf(text) : Whole(text)),
        CqlTypeKind.Bigint or CqlTypeKind.Counter => CqlBytes.Int64(Whole(text)),
        CqlTypeKind.Int => CqlBytes.Int32(int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        CqlTypeKind.Smallint => CqlBytes.Int16(short.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        CqlTypeKind.Tinyint => [unchecked((byte)sbyte.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))],
        CqlTypeKind.Varint => BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture).ToByteArray(isBigEndian: true),
        CqlTypeKind.Decimal => EncodeDecimal(text),
        CqlTypeKind.Double => EncodeDouble(text),
        CqlTypeKind.Float => EncodeFloat(text),
        CqlTypeKind.Boolean => CqlBytes.Boolean(text == "true"),
        CqlTypeKind.Uuid => CqlBytes.Uuid(Guid.Parse(text)),
        CqlTypeKind.Timeuuid => EncodeTimeUuid(text),
        CqlTypeKind.Blob => text.Length % 2 == 0 ? Convert.FromHexString(text.AsSpan(2)) : Convert.FromHexString("0" + text[2..]),
        CqlTypeKind.Duration => DurationText.Encode(text),
        _ => throw new FormatException(),
    };

    private static long Whole(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static byte[] EncodeAscii(string text) => Ascii.IsValid(text) ? Encoding.ASCII.GetBytes(text) : throw new FormatException();

    private static byte[] EncodeDouble(string text)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, Special(text) ?? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        return bytes;
    }

    private static byte[] EncodeFloat(string text)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleBigEndian(bytes, (float?)Special(text) ?? float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        return bytes;
    }

    /// <summary>NaN has one bit pattern here, the positive one, as Java has it.</summary>
    private static double? Special(string text) => text.ToLowerInvariant() switch
    {
        "nan" or "-nan" => BitConverter.Int64BitsToDouble(0x7FF8_0000_0000_0000),
        "infinity" => double.PositiveInfinity,
        "-infinity" => double.NegativeInfinity,
        _ => null,
    };

    private static byte[] EncodeTimeUuid(string text)
    {
        var bytes = CqlBytes.Uuid(Guid.Parse(text));
        return bytes[6] >> 4 == 1 ? bytes : throw CqlServerException.Invalid($"TimeUUID supports only version 1 UUIDs ({text})");
    }
}
