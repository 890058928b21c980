using CqlDriver.Testing.Model;
using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Values;

namespace CqlDriver.Testing.Engine;

/// <summary>The values of <c>=</c> or <c>IN</c>: some terms, or one marker for a whole list.</summary>
internal sealed class ValueSet(string column, CqlType type, BoundTerm[] each, BoundTerm? wholeList, bool isEquality)
{
    public string Column => column;

    /// <summary><c>=</c>, not IN.</summary>
    public bool IsEquality => isEquality;

    /// <summary>The marker that alone gives the value of <c>=</c>.</summary>
    public int? Marker => isEquality ? each[0].Marker : null;

    public List<byte[]> Evaluate(ExecutionScope scope)
    {
        var values = new List<byte[]>(Math.Max(each.Length, 1));
        foreach (var term in each)
        {
            values.Add(term.Require(scope, column));
        }

        if (wholeList is null)
        {
            return values;
        }

        var elements = CqlBytes.TrySplitCollection(wholeList.Require(scope, column), 1) ?? throw CqlServerException.Invalid($"The list bound for in({column}) is malformed");
        foreach (var element in elements)
        {
            var value = element ?? throw CqlServerException.Invalid($"Invalid null value in condition for column {column}");
            values.Add(ValueCheck.Complaint(type, value) is { } complaint ? throw CqlServerException.Invalid(complaint) : value);
        }

        return values;
    }
}

/// <summary>One or two bounds of a value, or of several clustering columns together.</summary>
internal sealed class SliceRestriction(ColumnDefinition[] columns)
{
    public ColumnDefinition[] Columns => columns;

    public BoundTerm[]? Lower { get; private set; }

    public bool IsLowerInclusive { get; private set; }

    public BoundTerm[]? Upper { get; private set; }

    public bool IsUpperInclusive { get; private set; }

    public void Add(bool isLower, bool isInclusive, BoundTerm[] terms)
    {
        var name = string.Join(", ", columns.Select(column => column.Name));
        if ((isLower ? Lower : Upper) is not null)
        {
            throw CqlServerException.Invalid($"More than one restriction was found for the {(isLower ? "start" : "end")} bound on {name}");
        }

        if (isLower)
        {
            (Lower, IsLowerInclusive) = (terms, isInclusive);
        }
        else
        {
            (Upper, IsUpperInclusive) = (terms, isInclusive);
        }
    }
}

/// <summary>A condition that is looked at row by row.</summary>
/// <param name="Column">The column it is about.</param>
/// <param name="CanUseIndex">Whether an index on the column would serve it.</param>
/// <param name="Prepare">Evaluates the values once per execution and gives the test.</param>
internal sealed record RowFilter(ColumnDefinition Column, bool CanUseIndex, Func<ExecutionScope, Func<RowCursor, bool>> Prepare);
