namespace CqlDriver.Testing.Cql;

/// <summary>Syntax errors that say where: line from 1, column from 0, as servers count.</summary>
internal static class CqlSyntax
{
    public static CqlServerException Error(string text, int offset, string message)
    {
        var (line, column) = Locate(text, offset);
        return new CqlServerException(ServerError.SyntaxError($"line {line}:{column} {message}"));
    }

    private static (int Line, int Column) Locate(string text, int offset)
    {
        var before = text.AsSpan(0, Math.Min(offset, text.Length));
        return (before.Count('\n') + 1, before.Length - (before.LastIndexOf('\n') + 1));
    }
}
