using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Execution;

/// <summary>
/// Turns a statement into what is sent, on the caller's thread and before anything is awaited: from here on the caller's
/// objects do not matter any more. What does not fit is an error that names the parameter, and nothing has been sent.
/// </summary>
internal static class StatementEncoding
{
    public static void Fill(RequestContent content, Statement statement, CodecRegistry codecs)
    {
        switch (statement)
        {
            case BoundStatement bound:
                content.SetExecute(bound.Core, bound.Values, bound.Options);
                break;
            case SimpleStatement simple:
                content.SetQuery(simple.Cql, simple.Values.Length, !simple.Names.IsEmpty, simple.Options);
                WriteValues(content.Values, simple, codecs);
                break;
            case PreparedStatement prepared:
                prepared.Core.CheckCount(0);
                content.SetExecute(prepared.Core, prepared.Options);
                break;
            case BatchStatement batch:
                FillBatch(content, batch, codecs);
                break;
            default:
                throw new ArgumentException($"A {statement.GetType()} cannot be executed.", nameof(statement));
        }
    }

    private static void FillBatch(RequestContent content, BatchStatement batch, CodecRegistry codecs)
    {
        var statements = batch.Statements.ToArray();
        if (statements.Length == 0)
        {
            throw new ArgumentException("The batch is empty: a node would have nothing to do.");
        }

        content.SetBatch(batch.Type, statements.Length, batch.Options);
        using var values = new GrowableBuffer();
        foreach (var statement in statements)
        {
            if (statement is BoundStatement bound)
            {
                BatchStatements.AppendPrepared(content.Values, bound.Core.Id, bound.Core.Parameters.Length, bound.Values);
                content.AddBatched(bound.Core);
            }
            else
            {
                var simple = (SimpleStatement)statement;
                values.Clear();
                WriteValues(values, simple, codecs);
                BatchStatements.AppendQuery(content.Values, simple.Cql, simple.Values.Length, values.WrittenSpan);
            }
        }
    }

    private static void WriteValues(GrowableBuffer buffer, SimpleStatement statement, CodecRegistry codecs)
    {
        for (var i = 0; i < statement.Values.Length; i++)
        {
            var value = statement.Values[i];
            if (!statement.Names.IsEmpty)
            {
                buffer.WriteString(statement.Names[i]);
            }

            try
            {
                codecs.WriteObject(buffer, NaturalType.Of(value), value);
            }
            catch (CqlValueException error)
            {
                throw error.InColumn(statement.Names.IsEmpty ? $"value {i + 1}" : statement.Names[i]);
            }
        }
    }
}
