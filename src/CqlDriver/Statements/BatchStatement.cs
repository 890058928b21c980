using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace CqlDriver;

/// <summary>The kinds of batches (native protocol v5, section 4.1.7).</summary>
public enum BatchType
{
    /// <summary>All or nothing, by the batch log: either every statement takes effect, in the end, or none.</summary>
    Logged = 0,

    /// <summary>Statements sent together, without a promise; for rows of one partition.</summary>
    Unlogged = 1,

    /// <summary>Updates of counters.</summary>
    Counter = 2,
}

/// <summary>
/// Statements sent together. Fill it, then execute it, as often and from as many threads as you like; adding while another
/// thread executes it is not safe.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "A batch is a statement first; the protocol calls it a batch.")]
public sealed class BatchStatement : Statement, IReadOnlyCollection<Statement>
{
    /// <summary>How many statements one batch may hold: the protocol counts them in 16 bits.</summary>
    public const int MaxStatements = ushort.MaxValue;

    private List<Statement> _statements = [];

    /// <summary>Creates an empty batch.</summary>
    /// <param name="type">The kind of batch.</param>
    public BatchStatement(BatchType type = BatchType.Logged) => Type = type;

    /// <summary>The kind of batch.</summary>
    public BatchType Type { get; }

    /// <inheritdoc/>
    public int Count => _statements.Count;

    internal List<Statement> Statements => _statements;

    internal override Statement CopyWith(StatementOptions options)
    {
        var copy = (BatchStatement)base.CopyWith(options);
        copy._statements = [.. _statements];
        return copy;
    }

    /// <summary>Adds a statement.</summary>
    /// <param name="statement">A simple statement with positional values, or a bound one. Only its text and values count; consistency and the like are the batch's.</param>
    /// <returns>This batch.</returns>
    public BatchStatement Add(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        if (statement is SimpleStatement { Names.IsEmpty: false })
        {
            throw new ArgumentException("A batch takes positional values only; the protocol has no names there.", nameof(statement));
        }

        if (statement is not (SimpleStatement or BoundStatement))
        {
            throw new ArgumentException($"A batch takes simple and bound statements, not a {statement.GetType().Name}.", nameof(statement));
        }

        if (_statements.Count == MaxStatements)
        {
            throw new InvalidOperationException($"A batch holds at most {MaxStatements} statements.");
        }

        _statements.Add(statement);
        return this;
    }

    /// <summary>Adds a statement given as text.</summary>
    /// <param name="cql">The text.</param>
    /// <param name="values">A value for each <c>?</c>, in order.</param>
    /// <returns>This batch.</returns>
    public BatchStatement Add(string cql, params object?[] values) => Add(new SimpleStatement(cql, values));

    /// <inheritdoc/>
    public IEnumerator<Statement> GetEnumerator() => _statements.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The kind and the number of statements.</summary>
    public override string ToString() => $"{Type} batch of {Count}";
}
