using System.Collections.Immutable;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Cql;

/// <summary>INSERT, UPDATE, DELETE and BATCH.</summary>
internal sealed class ModificationParser(TokenReader reader, TermParser terms, WhereParser where)
{
    public BatchSyntax ParseBatch(int position)
    {
        var kind = reader.TryKeyword("UNLOGGED") ? BatchKind.Unlogged : reader.TryKeyword("COUNTER") ? BatchKind.Counter : BatchKind.Logged;
        reader.ExpectKeyword("BATCH");
        var usingClause = ParseUsing();
        var statements = ImmutableArray.CreateBuilder<ModificationSyntax>();
        while (!reader.TryKeyword("APPLY"))
        {
            statements.Add(ParseModification());
            reader.TrySymbol(';');
        }

        reader.ExpectKeyword("BATCH");
        return new BatchSyntax(kind, usingClause, statements.ToImmutable(), position);
    }

    public ModificationSyntax ParseModification()
    {
        var position = reader.Position;
        return reader.TryKeyword("INSERT") ? ParseInsert(position)
            : reader.TryKeyword("UPDATE") ? ParseUpdate(position)
            : reader.TryKeyword("DELETE") ? ParseDelete(position)
            : throw reader.Unexpected("INSERT, UPDATE, DELETE or APPLY BATCH");
    }

    public InsertSyntax ParseInsert(int position)
    {
        reader.ExpectKeyword("INTO");
        var table = reader.ExpectQualifiedName("a table");
        if (reader.IsKeyword("JSON"))
        {
            throw reader.Refused("INSERT JSON is not supported by the embedded cluster");
        }

        var columns = where.ParseNames("a column");
        reader.ExpectKeyword("VALUES");
        reader.ExpectSymbol('(');
        var values = terms.ParseUntil(')', terms.Parse);
        var ifNotExists = reader.TryIfNotExists();
        return new InsertSyntax(table, columns, values, ParseUsing(), position) { IfNotExists = ifNotExists };
    }

    public UpdateSyntax ParseUpdate(int position)
    {
        var table = reader.ExpectQualifiedName("a table");
        var usingClause = ParseUsing();
        reader.ExpectKeyword("SET");
        var assignments = ImmutableArray.CreateBuilder<Assignment>();
        do
        {
            assignments.Add(ParseAssignment());
        }
        while (reader.TrySymbol(','));

        reader.ExpectKeyword("WHERE");
        var relations = where.ParseWhere();
        var (ifExists, conditions) = ParseIf();
        return new UpdateSyntax(table, assignments.ToImmutable(), usingClause, position) { Where = relations, IfExists = ifExists, Conditions = conditions };
    }

    public DeleteSyntax ParseDelete(int position)
    {
        var targets = ImmutableArray.CreateBuilder<DeletionTarget>();
        if (!reader.IsKeyword("FROM"))
        {
            do
            {
                targets.Add(ParseTarget());
            }
            while (reader.TrySymbol(','));
        }

        reader.ExpectKeyword("FROM");
        var table = reader.ExpectQualifiedName("a table");
        var usingClause = ParseUsing();
        reader.ExpectKeyword("WHERE");
        var relations = where.ParseWhere();
        var (ifExists, conditions) = ParseIf();
        return new DeleteSyntax(table, targets.ToImmutable(), usingClause, position) { Where = relations, IfExists = ifExists, Conditions = conditions };
    }

    private DeletionTarget ParseTarget()
    {
        var position = reader.Position;
        var column = reader.ExpectName("a column");
        if (reader.TrySymbol('['))
        {
            var key = terms.Parse();
            reader.ExpectSymbol(']');
            return new DeletionTarget(column, key, null, position);
        }

        return new DeletionTarget(column, null, reader.TrySymbol('.') ? reader.ExpectName("a field") : null, position);
    }

    private (bool IfExists, ImmutableArray<ColumnRelation> Conditions) ParseIf()
    {
        if (!reader.TryKeyword("IF"))
        {
            return (false, []);
        }

        return reader.IsKeyword("EXISTS") && reader.Peek(1).Kind is TokenKind.End or TokenKind.Symbol or TokenKind.Identifier && reader.TryKeyword("EXISTS")
            ? (true, [])
            : (false, where.ParseConditions());
    }

    private UsingClause ParseUsing()
    {
        if (!reader.TryKeyword("USING"))
        {
            return default;
        }

        Term? timestamp = null;
        Term? timeToLive = null;
        do
        {
            if (reader.TryKeyword("TIMESTAMP"))
            {
                timestamp = terms.Parse();
            }
            else if (reader.TryKeyword("TTL"))
            {
                timeToLive = terms.Parse();
            }
            else
            {
                throw reader.Unexpected("TIMESTAMP or TTL");
            }
        }
        while (reader.TryKeyword("AND"));

        return new UsingClause(timestamp, timeToLive);
    }

    private Assignment ParseAssignment()
    {
        var position = reader.Position;
        var column = reader.ExpectName("a column");
        if (reader.TrySymbol('['))
        {
            var key = terms.Parse();
            reader.ExpectSymbol(']');
            reader.ExpectSymbol('=');
            return new Assignment(column, AssignmentKind.SetElement, key, null, terms.Parse(), position);
        }

        if (reader.TrySymbol('.'))
        {
            var field = reader.ExpectName("a field");
            reader.ExpectSymbol('=');
            return new Assignment(column, AssignmentKind.SetField, null, field, terms.Parse(), position);
        }

        if (reader.IsSymbol('+') || reader.IsSymbol('-'))
        {
            var kind = reader.IsSymbol('+') ? AssignmentKind.Add : AssignmentKind.Subtract;
            reader.Skip();
            reader.ExpectSymbol('=');
            return new Assignment(column, kind, null, null, terms.Parse(), position);
        }

        reader.ExpectSymbol('=');
        return ParseRightSide(column, position);
    }

    /// <summary><c>c + value</c>, <c>c - value</c>, <c>value + c</c> or a value alone; <c>c</c> must be the column assigned to.</summary>
    private Assignment ParseRightSide(string column, int position)
    {
        if (reader.TryName() is { } name && (reader.IsSymbol('+', 1) || reader.IsSymbol('-', 1)))
        {
            CheckSameColumn(column, name);
            reader.Skip();
            var kind = reader.IsSymbol('+') ? AssignmentKind.Add : AssignmentKind.Subtract;
            reader.Skip();
            return new Assignment(column, kind, null, null, terms.Parse(), position);
        }

        var value = terms.Parse();
        if (!reader.TrySymbol('+'))
        {
            return new Assignment(column, AssignmentKind.Set, null, null, value, position);
        }

        CheckSameColumn(column, reader.TryName() ?? throw reader.Unexpected($"column {column}"));
        reader.Skip();
        return new Assignment(column, AssignmentKind.Prepend, null, null, value, position);
    }

    private void CheckSameColumn(string column, string named)
    {
        if (named != column)
        {
            throw reader.Refused($"Only expressions of the form X = X <op> <value> are supported; {column} = {named} ... is not");
        }
    }
}
