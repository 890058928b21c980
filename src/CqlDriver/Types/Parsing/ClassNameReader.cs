using System.Collections.Immutable;
using System.Text;

namespace CqlDriver.Types;

/// <summary>
/// The grammar of server-side class names: <c>Name</c> or <c>Name(parameter, …)</c>, where parameters are types, a
/// vector's dimension, or for user types keyspace, hexadecimal name and <c>hexadecimal field:type</c> pairs.
/// </summary>
internal static class ClassNameReader
{
    private const string Package = "org.apache.cassandra.db.marshal.";

    public static CqlType Read(string className)
    {
        var scanner = new TypeTextScanner(className);
        var type = ReadType(ref scanner);
        scanner.TakeEnd();
        return type;
    }

    private static CqlType ReadType(ref TypeTextScanner scanner)
    {
        scanner.Enter();
        scanner.SkipSpace();
        var start = scanner.Position;
        var name = scanner.TakeWord("._$-");
        var shortName = name.StartsWith(Package, StringComparison.Ordinal) ? name[Package.Length..] : name;
        var end = scanner.Position;
        var type = scanner.Peek() == '(' ? ReadParameterized(ref scanner, shortName, start) : Primitive(shortName);
        scanner.Leave();
        return type ?? CqlType.Custom(scanner.Slice(start)[..(end - start)].ToString());
    }

    private static CqlType ReadParameterized(ref TypeTextScanner scanner, string name, int start)
    {
        if (name is not ("FrozenType" or "ReversedType" or "ListType" or "SetType" or "MapType" or "TupleType" or "VectorType" or "UserType"))
        {
            scanner.SkipParameters();
            return CqlType.Custom(scanner.Slice(start).ToString());
        }

        scanner.Take('(');
        var type = name switch
        {
            "FrozenType" or "ReversedType" => ReadType(ref scanner),
            "ListType" => CqlType.List(ReadType(ref scanner)),
            "SetType" => CqlType.Set(ReadType(ref scanner)),
            "MapType" => ReadMap(ref scanner),
            "TupleType" => ReadTuple(ref scanner),
            "VectorType" => ReadVector(ref scanner),
            _ => ReadUserType(ref scanner),
        };
        scanner.Take(')');
        return type;
    }

    private static CqlMapType ReadMap(ref TypeTextScanner scanner)
    {
        var key = ReadType(ref scanner);
        scanner.Take(',');
        return CqlType.Map(key, ReadType(ref scanner));
    }

    private static CqlVectorType ReadVector(ref TypeTextScanner scanner)
    {
        var element = ReadType(ref scanner);
        scanner.Take(',');
        return CqlType.Vector(element, scanner.TakeDimension());
    }

    private static CqlTupleType ReadTuple(ref TypeTextScanner scanner)
    {
        var elements = ImmutableArray.CreateBuilder<CqlType>();
        do
        {
            elements.Add(ReadType(ref scanner));
        }
        while (scanner.TryTake(','));

        return CqlType.Tuple(elements.ToImmutable());
    }

    private static CqlUserType ReadUserType(ref TypeTextScanner scanner)
    {
        var keyspace = scanner.TakeWord("_");
        scanner.Take(',');
        var name = ReadHexName(ref scanner);
        var fields = ImmutableArray.CreateBuilder<CqlUserTypeField>();
        while (scanner.TryTake(','))
        {
            var field = ReadHexName(ref scanner);
            scanner.Take(':');
            fields.Add(new CqlUserTypeField(field, ReadType(ref scanner)));
        }

        return new CqlUserType(keyspace, name, fields.ToImmutable());
    }

    private static string ReadHexName(ref TypeTextScanner scanner)
    {
        var hex = scanner.TakeWord("");
        try
        {
            return Encoding.UTF8.GetString(Convert.FromHexString(hex));
        }
        catch (FormatException)
        {
            throw scanner.Error("a name in hexadecimal expected");
        }
    }

    private static CqlType? Primitive(string name) => name switch
    {
        "AsciiType" => CqlType.Ascii,
        "BooleanType" => CqlType.Boolean,
        "ByteType" => CqlType.Tinyint,
        "BytesType" => CqlType.Blob,
        "CounterColumnType" => CqlType.Counter,
        "DateType" or "TimestampType" => CqlType.Timestamp,
        "DecimalType" => CqlType.Decimal,
        "DoubleType" => CqlType.Double,
        "DurationType" => CqlType.Duration,
        "FloatType" => CqlType.Float,
        "InetAddressType" => CqlType.Inet,
        "Int32Type" => CqlType.Int,
        "IntegerType" => CqlType.Varint,
        "LongType" => CqlType.Bigint,
        "ShortType" => CqlType.Smallint,
        "SimpleDateType" => CqlType.Date,
        "TimeType" => CqlType.Time,
        "TimeUUIDType" => CqlType.Timeuuid,
        "UTF8Type" => CqlType.Text,
        "UUIDType" or "LexicalUUIDType" => CqlType.Uuid,
        _ => null,
    };
}
