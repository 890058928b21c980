using System.Collections.Immutable;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Engine;

/// <summary>Learns, while a statement is bound to the schema, what each bind marker stands for.</summary>
internal sealed class BindVariables(ImmutableArray<string?> names)
{
    private readonly ColumnSpec?[] _specs = new ColumnSpec?[names.Length];

    public int Count => names.Length;

    public void Set(int index, TableDefinition table, string receiver, CqlType type) =>
        _specs[index] = new ColumnSpec(table.Keyspace, table.Name, names[index] ?? receiver, type);

    public ImmutableArray<ColumnSpec> ToSpecs()
    {
        for (var i = 0; i < _specs.Length; i++)
        {
            if (_specs[i] is null)
            {
                throw CqlServerException.Invalid($"Bind variable {names[i] ?? "?"} (number {i + 1}) stands where no value can be bound");
            }
        }

        return [.. _specs!];
    }
}
