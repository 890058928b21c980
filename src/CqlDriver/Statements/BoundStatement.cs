namespace CqlDriver;

/// <summary>
/// A prepared statement with values. The values were encoded when it was bound: what happens to the caller's objects
/// afterwards changes nothing. Immutable; execute it as often and from as many threads as you like.
/// </summary>
public sealed class BoundStatement : Statement
{
    internal BoundStatement(PreparedCore core, ReadOnlySpan<byte> values, StatementOptions options)
    {
        Core = core;
        Values = values.ToArray();
        SetOptions(options);
    }

    /// <summary>The text of the prepared statement.</summary>
    public string Cql => Core.Cql;

    internal PreparedCore Core { get; }

    /// <summary>The values, each as the protocol's [value], one after another.</summary>
    internal byte[] Values { get; }

    /// <summary>The text, without the values.</summary>
    public override string ToString() => Cql;
}
