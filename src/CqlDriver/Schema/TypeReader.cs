using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Schema;

/// <summary>
/// The types of one keyspace. User types name each other in any order, so each is read when it is first asked for. A text that is
/// no type that is known becomes a custom type under that text, at the price of a warning: the column is there all the same.
/// </summary>
internal sealed class TypeReader
{
    // Nobody nests user types that deep; rows from elsewhere may, or in a circle.
    private const int MaxDepth = 64;

    private readonly string _keyspace;
    private readonly ProblemList _problems;
    private readonly SortedDictionary<string, SchemaRow> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CqlUserType?> _read = new(StringComparer.Ordinal);
    private int _depth;

    public TypeReader(string keyspace, IEnumerable<SchemaRow> rows, ProblemList problems)
    {
        _keyspace = keyspace;
        _problems = problems;
        foreach (var row in rows)
        {
            _rows[row.Find("type_name") ?? ""] = row;
        }
    }

    /// <summary>All user types that can be read, by name.</summary>
    public ImmutableSortedDictionary<string, UserTypeMetadata> All()
    {
        var types = ImmutableSortedDictionary.CreateBuilder<string, UserTypeMetadata>(StringComparer.Ordinal);
        foreach (var name in _rows.Keys)
        {
            if (Find(_keyspace, name) is { } type)
            {
                types[name] = new UserTypeMetadata(type);
            }
        }

        return types.ToImmutable();
    }

    /// <summary>The type with this text; a text that is none is an error.</summary>
    public CqlType Parse(string text) => text == "empty"
        ? CqlType.Custom("org.apache.cassandra.db.marshal.EmptyType")       // the value column of old tables that have none
        : CqlTypeParser.Parse(text, _keyspace, Find);

    /// <summary>The same, but a text that is no type costs a warning.</summary>
    public CqlType ParseOrCustom(string text, string row)
    {
        try
        {
            return Parse(text);
        }
        catch (Exception unknown) when (unknown is FormatException or CqlProtocolException)
        {
            _problems.Add(row, $"{unknown.Message}; its values are bytes");
            return CqlType.Custom(text);
        }
    }

    private CqlUserType? Find(string keyspace, string name)
    {
        if (keyspace != _keyspace || _depth >= MaxDepth || !_rows.TryGetValue(name, out var row))
        {
            return null;
        }

        if (!_read.TryGetValue(name, out var type))
        {
            _read[name] = null;                                             // one that contains itself is not found
            _depth++;
            type = _read[name] = _problems.Try(row.Name("type", "keyspace_name", "type_name"), () => Read(row));
            _depth--;
        }

        return type;
    }

    private CqlUserType Read(SchemaRow row)
    {
        var types = row.Texts("field_types");
        var names = row.Texts("field_names");
        if (names.Length != types.Length)
        {
            throw new FormatException($"it has {names.Length} field_names and {types.Length} field_types");
        }

        return new CqlUserType(_keyspace, row.Get("type_name"), [.. names.Zip(types, (name, type) => new CqlUserTypeField(name, Parse(type)))]);
    }
}
