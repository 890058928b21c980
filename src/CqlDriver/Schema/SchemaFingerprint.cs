using System.Collections.Immutable;
using System.Globalization;

namespace CqlDriver.Schema;

/// <summary>
/// One number for each keyspace, another one when anything in it is another: what recordings hold in place of definitions.
/// The same on every machine and in every process (FNV-1a over the names, types and options in their order).
/// </summary>
internal sealed class SchemaFingerprint
{
    private const ulong Basis = 0xCBF2_9CE4_8422_2325;
    private const ulong Prime = 0x0000_0100_0000_01B3;
    private ulong _hash = Basis;

    public static ImmutableSortedDictionary<string, ulong> Of(ImmutableSortedDictionary<string, KeyspaceMetadata> keyspaces) =>
        keyspaces.ToImmutableSortedDictionary(static keyspace => keyspace.Key, static keyspace => Of(keyspace.Value), StringComparer.Ordinal);

    public static ulong Of(KeyspaceMetadata keyspace)
    {
        var print = new SchemaFingerprint();
        print.Add(keyspace.ReplicationStrategy, Text(keyspace.HasDurableWrites), Text(keyspace.UsesTablets), Text(keyspace.IsVirtual));
        print.Add(keyspace.ReplicationOptions);
        foreach (var table in keyspace.Tables.Values)
        {
            print.Add(table);
            print.Add(Text(table.IsVirtual), table.Partitioner);
            foreach (var index in table.Indexes.Values)
            {
                print.Add(index.Name, index.Kind.ToString(), index.Target, index.ClassName);
                print.Add(index.Options);
            }
        }

        foreach (var view in keyspace.Views.Values)
        {
            print.Add(view);
            print.Add(view.BaseTable, Text(view.IncludesAllColumns), view.WhereClause);
        }

        print.AddTypesAndFunctions(keyspace);
        return print._hash;
    }

    private void AddTypesAndFunctions(KeyspaceMetadata keyspace)
    {
        foreach (var type in keyspace.UserTypes.Values)
        {
            Add(type.Name);
            foreach (var field in type.Fields)
            {
                Add(field.Name, field.Type.ToString());
            }
        }

        foreach (var function in keyspace.Functions.Values)
        {
            Add(function.Signature, function.ReturnType.ToString(), Text(function.IsCalledOnNullInput), function.Language, function.Body);
        }

        foreach (var aggregate in keyspace.Aggregates.Values)
        {
            Add(aggregate.Signature, aggregate.StateType.ToString(), aggregate.ReturnType.ToString(), aggregate.StateFunction, aggregate.FinalFunction, aggregate.InitialCondition);
        }
    }

    private void Add(RelationMetadata relation)
    {
        Add(relation.Name, relation.Id?.ToString());
        Add(relation.Options.All);
        foreach (var column in relation.Columns)
        {
            Add(column.Name, column.Kind.ToString(), Text(column.Position), column.Order.ToString(), column.Type.ToString());
        }
    }

    private void Add(ImmutableSortedDictionary<string, string> options)
    {
        foreach (var (name, value) in options)
        {
            Add(name, value);
        }
    }

    private void Add(params ReadOnlySpan<string?> parts)
    {
        foreach (var part in parts)
        {
            foreach (var character in part ?? "\uFFFF")
            {
                _hash = (_hash ^ character) * Prime;
            }

            _hash = (_hash ^ '\0') * Prime;
        }
    }

    private static string Text(bool value) => value ? "+" : "-";

    private static string? Text(bool? value) => value is { } known ? Text(known) : null;

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
