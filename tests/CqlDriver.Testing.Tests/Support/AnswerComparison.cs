using CqlDriver.Protocol;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>Says in words how an answer differs from a recorded one; null when it does not.</summary>
internal static class AnswerComparison
{
    public static string? Difference(RawAnswer expected, RawAnswer actual, bool withTexts, bool withMetadata)
    {
        if (expected.Message is ErrorResponse wanted && actual.Message is ErrorResponse got)
        {
            return wanted.Code != got.Code || (withTexts && wanted.Message != got.Message) ? $"{wanted.Code} '{wanted.Message}' became {got.Code} '{got.Message}'" : null;
        }

        if (expected.Message.GetType() != actual.Message.GetType())
        {
            return $"{expected.Message.GetType().Name} became {(actual.Message is ErrorResponse error ? error.Message : actual.Message.GetType().Name)}";
        }

        return expected.Message switch
        {
            RowsResponse => Rows(expected, actual, withMetadata),
            PreparedResponse prepared => Prepared(prepared.Prepared, ((PreparedResponse)actual.Message).Prepared),
            SchemaChangeResponse change => Same("schema change", Text(change.Change), Text(((SchemaChangeResponse)actual.Message).Change)),
            SetKeyspaceResponse set => Same("keyspace", set.Keyspace, ((SetKeyspaceResponse)actual.Message).Keyspace),
            _ => null,
        } ?? Same("warnings", Warnings(expected), Warnings(actual));
    }

    private static string? Prepared(PreparedResult expected, PreparedResult actual) =>
        Same("id", Convert.ToHexString(expected.Id), Convert.ToHexString(actual.Id))
        ?? Same("variables", Text(expected.Variables.Columns), Text(actual.Variables.Columns))
        ?? Same("partition key", string.Join(',', expected.Variables.PartitionKeyIndexes), string.Join(',', actual.Variables.PartitionKeyIndexes))
        ?? Same("result", Text(expected.ResultMetadata?.Columns), Text(actual.ResultMetadata?.Columns));

    private static string? Rows(RawAnswer expected, RawAnswer actual, bool withMetadata)
    {
        var (wanted, got) = (expected.RowsHeader, actual.RowsHeader);
        var metadata = !withMetadata ? null : Same("columns", Text(wanted.Metadata?.Columns), Text(got.Metadata?.Columns))
            ?? Same("new metadata", wanted.NewMetadataId is not null, got.NewMetadataId is not null);
        var header = Same("number of columns", wanted.ColumnCount, got.ColumnCount)
            ?? Same("number of rows", wanted.RowCount, got.RowCount)
            ?? Same("more pages", wanted.PagingState is not null, got.PagingState is not null);
        return metadata ?? header ?? Same("rows", Text(expected.Rows), Text(actual.Rows));
    }

    private static string? Same<T>(string what, T expected, T actual) => Equals(expected, actual) ? null : $"{what}: {expected} became {actual}";

    private static string Text(IEnumerable<ColumnSpec>? columns) => columns is null ? "none" : string.Join("; ", columns.Select(column => $"{column.Keyspace}.{column.Table}.{column.Name} {column.Type}"));

    /// <summary>Servers warn of USE once in a while, and not every time.</summary>
    private static string Warnings(RawAnswer answer) => string.Join('|', answer.Message.Prefix.Warnings.Where(warning => !warning.StartsWith("`USE", StringComparison.Ordinal)));

    private static string Text(SchemaChange change) => $"{change.Change} {change.Target} {change.Keyspace}.{change.Name}";

    private static string Text(List<byte[]?[]> rows) => string.Join('\n', rows.Select(row => string.Join(',', row.Select(cell => cell is null ? "null" : Convert.ToHexStringLower(cell)))));
}
