namespace CqlDriver.LoadBench.Answerer;

/// <summary>The statements the answerer prepares. The number is the first byte of the statement's id.</summary>
internal enum CannedStatement : byte
{
    Insert = 1,
    SelectOne = 2,
    Page = 3,
}

/// <summary>Recognises statements by their text, and executions by the first byte of the id.</summary>
internal static class CannedStatements
{
    private const int IdBytes = 16;

    public static byte[] Id(CannedStatement statement)
    {
        var id = new byte[IdBytes];
        Array.Fill(id, (byte)statement);
        return id;
    }

    public static CannedStatement Recognise(string query)
    {
        if (query.TrimStart().StartsWith("INSERT", StringComparison.OrdinalIgnoreCase))
        {
            return CannedStatement.Insert;
        }

        return query.Contains("WHERE", StringComparison.OrdinalIgnoreCase) ? CannedStatement.SelectOne : CannedStatement.Page;
    }

    public static int BoundColumns(CannedStatement statement) => statement switch
    {
        CannedStatement.Insert => 3,
        CannedStatement.SelectOne => 1,
        _ => 0,
    };
}
