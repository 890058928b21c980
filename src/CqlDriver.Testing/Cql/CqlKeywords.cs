using System.Collections.Frozen;

namespace CqlDriver.Testing.Cql;

/// <summary>Which words cannot be names unless they are quoted.</summary>
internal static class CqlKeywords
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
        [
            "add", "allow", "alter", "and", "apply", "asc", "authorize", "batch", "begin", "by", "columnfamily", "create", "default", "delete", "desc",
            "describe", "drop", "entries", "execute", "from", "full", "grant", "if", "in", "index", "infinity", "insert", "into", "is", "keyspace", "limit",
            "materialized", "mbean", "mbeans", "modify", "nan", "norecursive", "not", "null", "of", "on", "or", "order", "primary", "rename", "replace",
            "revoke", "schema", "select", "set", "table", "to", "token", "truncate", "unlogged", "unset", "update", "use", "using", "view", "where", "with",
        ],
        StringComparer.Ordinal);

    public static bool IsReserved(string lowerCaseWord) => Reserved.Contains(lowerCaseWord);

    /// <summary>The name as it must be written in CQL: quoted when it is not plain lower case, or reserved.</summary>
    public static string Quote(string name)
    {
        var isPlain = name.Length > 0 && (char.IsAsciiLetterLower(name[0]) || name[0] == '_');
        foreach (var c in name)
        {
            isPlain &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_';
        }

        return isPlain && !IsReserved(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
