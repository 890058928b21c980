using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Schema;

/// <summary>Fills keyspaces with what the rows tell to be in them.</summary>
internal sealed class KeyspaceContents
{
    private readonly ILookup<string, SchemaRow> _tables;
    private readonly ILookup<string, SchemaRow> _views;
    private readonly ILookup<string, SchemaRow> _types;
    private readonly ILookup<string, SchemaRow> _functions;
    private readonly ILookup<string, SchemaRow> _aggregates;
    private readonly ILookup<(string Keyspace, string Table), SchemaRow> _columns;
    private readonly ILookup<(string Keyspace, string Table), SchemaRow> _indexes;
    private readonly ILookup<(string Keyspace, string Table), SchemaRow> _scyllaTables;
    private readonly ProblemList _problems;

    public KeyspaceContents(SchemaTables tables, ProblemList problems)
        : this(tables.Tables, tables.Columns, problems)
    {
        _views = SchemaParser.ByKeyspace(tables.Views);
        _types = SchemaParser.ByKeyspace(tables.Types);
        _functions = SchemaParser.ByKeyspace(tables.Functions);
        _aggregates = SchemaParser.ByKeyspace(tables.Aggregates);
        _indexes = ByTable(tables.Indexes);
        _scyllaTables = ByTable(tables.ScyllaTables);
    }

    /// <summary>Of virtual keyspaces, which have nothing but tables.</summary>
    public KeyspaceContents(SystemRows? tables, SystemRows? columns, ProblemList problems)
    {
        _problems = problems;
        _tables = SchemaParser.ByKeyspace(tables);
        _columns = ByTable(columns);
        _views = _types = _functions = _aggregates = SchemaParser.ByKeyspace(null);
        _indexes = _scyllaTables = ByTable(null);
    }

    public KeyspaceMetadata Fill(KeyspaceMetadata keyspace)
    {
        var name = keyspace.Name;
        var types = new TypeReader(name, _types[name], _problems);
        var relations = new RelationReader(types, _problems);
        return keyspace with
        {
            UserTypes = types.All(),
            Tables = Named(_tables[name], "table", "table_name", row => relations.ReadTable(row, Of(_columns, row), Of(_indexes, row), Of(_scyllaTables, row), keyspace), static table => table.Name),
            Views = Named(_views[name], "view", "view_name", row => relations.ReadView(row, _columns[(name, row.Get("view_name"))]), static view => view.Name),
            Functions = Named(_functions[name], "function", "function_name", row => ReadFunction(row, types), static function => function.Signature),
            Aggregates = Named(_aggregates[name], "aggregate", "aggregate_name", row => ReadAggregate(row, types), static aggregate => aggregate.Signature),
        };

        IEnumerable<SchemaRow> Of(ILookup<(string Keyspace, string Table), SchemaRow> rows, SchemaRow table) => rows[(name, table.Get("table_name"))];
    }

    private ImmutableSortedDictionary<string, T> Named<T>(IEnumerable<SchemaRow> rows, string what, string column, Func<SchemaRow, T?> read, Func<T, string> name)
        where T : class
    {
        var parts = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (_problems.Try<Read<T>>(row.Name(what, "keyspace_name", column), () => new Read<T>(read(row))) is { Part: { } part })
            {
                parts[name(part)] = part;
            }
        }

        return parts.ToImmutable();
    }

    private static FunctionMetadata ReadFunction(SchemaRow row, TypeReader types)
    {
        var name = row.Get("function_name");
        var typeTexts = row.Texts("argument_types");
        var names = row.Texts("argument_names");
        if (names.Length != typeTexts.Length)
        {
            throw new FormatException($"it has {typeTexts.Length} argument_types and {names.Length} argument_names");
        }

        var parameters = names.Zip(typeTexts, (parameter, type) => new FunctionParameter(parameter, types.Parse(type)));
        return new FunctionMetadata(name, Signature(name, typeTexts), [.. parameters], types.Parse(row.Get("return_type")))
        {
            IsCalledOnNullInput = row.Boolean("called_on_null_input") ?? false,
            Language = row.Find("language") ?? "",
            Body = row.Find("body") ?? "",
        };
    }

    private static AggregateMetadata ReadAggregate(SchemaRow row, TypeReader types)
    {
        var name = row.Get("aggregate_name");
        var typeTexts = row.Texts("argument_types");
        return new AggregateMetadata(
            name, Signature(name, typeTexts), [.. typeTexts.Select(types.Parse)], types.Parse(row.Get("state_type")), types.Parse(row.Get("return_type")))
        {
            StateFunction = row.Get("state_func"),
            FinalFunction = row.Find("final_func"),
            InitialCondition = row.Find("initcond"),
        };
    }

    private static string Signature(string name, ImmutableArray<string> types) => $"{name}({string.Join(", ", types)})";

    private static ILookup<(string Keyspace, string Table), SchemaRow> ByTable(SystemRows? rows) =>
        SchemaRow.All(rows).ToLookup(static row => (row.Find("keyspace_name") ?? "", row.Find("table_name") ?? ""));

    /// <summary>What a row was read to: null when it is left out without being wrong.</summary>
    private sealed record Read<T>(T? Part);
}
