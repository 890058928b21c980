using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>
/// A statement given as text, with values for its <c>?</c> or <c>:name</c> markers. The server parses it each time; prepare
/// what runs often. The CQL type of each value follows from its .NET type (<see cref="int"/> is <c>int</c>,
/// <see cref="long"/> is <c>bigint</c>, …), since the server tells the types of prepared statements only.
/// </summary>
public sealed class SimpleStatement : Statement
{
    /// <summary>Creates a statement with positional values.</summary>
    /// <param name="cql">The text.</param>
    /// <param name="values">A value for each <c>?</c>, in order: null deletes, <see cref="Unset.Value"/> leaves as it is.</param>
    public SimpleStatement(string cql, params object?[] values)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        ArgumentNullException.ThrowIfNull(values);
        Cql = cql;
        Values = [.. values];
    }

    private SimpleStatement(string cql, ImmutableArray<string> names, ImmutableArray<object?> values)
    {
        Cql = cql;
        Names = names;
        Values = values;
    }

    /// <summary>The text.</summary>
    public string Cql { get; }

    /// <summary>The values, in order.</summary>
    public ImmutableArray<object?> Values { get; }

    /// <summary>The names of the values, in the same order; empty when they are positional.</summary>
    public ImmutableArray<string> Names { get; } = [];

    /// <summary>Creates a statement with named values.</summary>
    /// <param name="cql">The text, with markers such as <c>:name</c>.</param>
    /// <param name="values">A value for each name, as the server knows it: lower case unless quoted.</param>
    public static SimpleStatement WithNames(string cql, IReadOnlyDictionary<string, object?> values)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        ArgumentNullException.ThrowIfNull(values);
        return new SimpleStatement(cql, [.. values.Keys], [.. values.Values]);
    }

    /// <summary>The text, without the values.</summary>
    public override string ToString() => Cql;
}
