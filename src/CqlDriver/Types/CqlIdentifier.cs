using System.Buffers;

namespace CqlDriver.Types;

/// <summary>Names as CQL spells them: bare when lower-case letters, digits and underscores, in double quotes otherwise.</summary>
internal static class CqlIdentifier
{
    private static readonly SearchValues<char> BareCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    public static string Quote(string name) =>
        IsBare(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static bool IsBare(string name) =>
        name.Length > 0 && char.IsAsciiLetterLower(name[0]) && !name.AsSpan().ContainsAnyExcept(BareCharacters);
}
