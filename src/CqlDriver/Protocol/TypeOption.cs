using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// The [option] that names a type in metadata (v5, section 4.2.5.2). Types that a protocol version has no number for
/// travel as "custom" with the name of the server's class: vectors always, durations before v5, and date, time, smallint
/// and tinyint in v3.
/// </summary>
internal static class TypeOption
{
    /// <summary>Deeper than any schema; keeps hostile metadata from exhausting the stack.</summary>
    private const int MaxDepth = 64;

    private const int ObsoleteText = 0x000A;

    public static CqlType Read(ref CqlReader reader, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            reader.ThrowMalformed($"a type is nested more than {MaxDepth} deep");
        }

        var id = reader.ReadShort();
        switch ((CqlTypeKind)id)
        {
            case CqlTypeKind.Custom:
                return ReadCustom(ref reader);
            case CqlTypeKind.List:
                return CqlType.List(Read(ref reader, depth + 1));
            case CqlTypeKind.Set:
                return CqlType.Set(Read(ref reader, depth + 1));
            case CqlTypeKind.Map:
                var key = Read(ref reader, depth + 1);
                return CqlType.Map(key, Read(ref reader, depth + 1));
            case CqlTypeKind.Udt:
                return ReadUserType(ref reader, depth);
            case CqlTypeKind.Tuple:
                return ReadTuple(ref reader, depth);
            default:
                var type = Primitive(id);
                if (type is null)
                {
                    reader.ThrowMalformed($"type id 0x{id:x4} is not known");
                }

                return type;
        }
    }

    public static void Write(GrowableBuffer buffer, CqlType type, int version)
    {
        switch (type)
        {
            case CqlListType list:
                buffer.WriteShort((int)CqlTypeKind.List);
                Write(buffer, list.Element, version);
                break;
            case CqlSetType set:
                buffer.WriteShort((int)CqlTypeKind.Set);
                Write(buffer, set.Element, version);
                break;
            case CqlMapType map:
                buffer.WriteShort((int)CqlTypeKind.Map);
                Write(buffer, map.Key, version);
                Write(buffer, map.Value, version);
                break;
            case CqlTupleType tuple:
                buffer.WriteShort((int)CqlTypeKind.Tuple);
                buffer.WriteShort(tuple.Elements.Length);
                foreach (var element in tuple.Elements)
                {
                    Write(buffer, element, version);
                }

                break;
            case CqlUserType user:
                WriteUserType(buffer, user, version);
                break;
            default:
                WriteSimple(buffer, type, version);
                break;
        }
    }

    private static CqlType ReadCustom(ref CqlReader reader)
    {
        var className = reader.ReadString();
        try
        {
            return CqlTypeParser.ParseClassName(className);
        }
        catch (CqlProtocolException malformed)
        {
            throw new CqlProtocolException($"A column has a custom type whose class name cannot be read: '{className}'.", malformed);
        }
    }

    private static CqlUserType ReadUserType(ref CqlReader reader, int depth)
    {
        var keyspace = reader.ReadString();
        var name = reader.ReadString();
        var count = reader.ReadCount(4, $"user type {keyspace}.{name}");
        var fields = ImmutableArray.CreateBuilder<CqlUserTypeField>(count);
        for (var i = 0; i < count; i++)
        {
            var field = reader.ReadString();
            fields.Add(new CqlUserTypeField(field, Read(ref reader, depth + 1)));
        }

        return new CqlUserType(keyspace, name, fields.MoveToImmutable());
    }

    private static CqlTupleType ReadTuple(ref CqlReader reader, int depth)
    {
        var count = reader.ReadCount(2, "a tuple type");
        if (count == 0)
        {
            reader.ThrowMalformed("a tuple type has no elements");
        }

        var elements = ImmutableArray.CreateBuilder<CqlType>(count);
        for (var i = 0; i < count; i++)
        {
            elements.Add(Read(ref reader, depth + 1));
        }

        return CqlType.Tuple(elements.MoveToImmutable());
    }

    private static void WriteUserType(GrowableBuffer buffer, CqlUserType type, int version)
    {
        buffer.WriteShort((int)CqlTypeKind.Udt);
        buffer.WriteString(type.Keyspace);
        buffer.WriteString(type.Name);
        buffer.WriteShort(type.Fields.Length);
        foreach (var field in type.Fields)
        {
            buffer.WriteString(field.Name);
            Write(buffer, field.Type, version);
        }
    }

    private static void WriteSimple(GrowableBuffer buffer, CqlType type, int version)
    {
        var isCustom = type.Kind switch
        {
            CqlTypeKind.Custom or CqlTypeKind.Vector => true,
            CqlTypeKind.Duration => version < 5,
            CqlTypeKind.Date or CqlTypeKind.Time or CqlTypeKind.Smallint or CqlTypeKind.Tinyint => version < 4,
            _ => false,
        };
        buffer.WriteShort(isCustom ? 0 : (int)type.Kind);
        if (isCustom)
        {
            buffer.WriteString(ServerClassName.Of(type));
        }
    }

    private static CqlType? Primitive(int id) => (CqlTypeKind)id switch
    {
        CqlTypeKind.Ascii => CqlType.Ascii,
        CqlTypeKind.Bigint => CqlType.Bigint,
        CqlTypeKind.Blob => CqlType.Blob,
        CqlTypeKind.Boolean => CqlType.Boolean,
        CqlTypeKind.Counter => CqlType.Counter,
        CqlTypeKind.Decimal => CqlType.Decimal,
        CqlTypeKind.Double => CqlType.Double,
        CqlTypeKind.Float => CqlType.Float,
        CqlTypeKind.Int => CqlType.Int,
        (CqlTypeKind)ObsoleteText or CqlTypeKind.Text => CqlType.Text,
        CqlTypeKind.Timestamp => CqlType.Timestamp,
        CqlTypeKind.Uuid => CqlType.Uuid,
        CqlTypeKind.Varint => CqlType.Varint,
        CqlTypeKind.Timeuuid => CqlType.Timeuuid,
        CqlTypeKind.Inet => CqlType.Inet,
        CqlTypeKind.Date => CqlType.Date,
        CqlTypeKind.Time => CqlType.Time,
        CqlTypeKind.Smallint => CqlType.Smallint,
        CqlTypeKind.Tinyint => CqlType.Tinyint,
        CqlTypeKind.Duration => CqlType.Duration,
        _ => null,
    };
}
