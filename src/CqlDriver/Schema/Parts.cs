using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>Named parts of the schema: compared one by one, and kept from one reading to the next where nothing changed.</summary>
internal static class Parts
{
    public static ImmutableSortedDictionary<string, T> None<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    public static bool AreSame<T>(ImmutableSortedDictionary<string, T> one, ImmutableSortedDictionary<string, T> other) =>
        ReferenceEquals(one, other)
        || (one.Count == other.Count && one.Zip(other).All(static pair => pair.First.Key == pair.Second.Key && Equals(pair.First.Value, pair.Second.Value)));

    /// <summary>The parts as they are now, each replaced by what <paramref name="keep"/> makes of it and of the one before.</summary>
    public static ImmutableSortedDictionary<string, T> Keep<T>(
        ImmutableSortedDictionary<string, T> now, ImmutableSortedDictionary<string, T> before, Func<T, T, T> keep)
        where T : class
    {
        // Filled anew: setting an equal value where one stands would leave the one that stands.
        var kept = ImmutableSortedDictionary.CreateBuilder<string, T>(StringComparer.Ordinal);
        var isSame = now.Count == before.Count;
        foreach (var (name, part) in now)
        {
            var was = before.GetValueOrDefault(name);
            kept[name] = was is null ? part : keep(part, was);
            isSame &= ReferenceEquals(kept[name], was);
        }

        return isSame ? before : kept.ToImmutable();
    }

    public static T KeepEqual<T>(T now, T before)
        where T : class => now.Equals(before) ? before : now;
}
