namespace CqlDriver;

/// <summary>
/// The value of a bound parameter that is left out: the column keeps what it has and no tombstone is written
/// (native protocol v4 and later). Not the same as <see langword="null"/>, which deletes.
/// </summary>
public sealed class Unset
{
    private Unset()
    {
    }

    /// <summary>The only instance.</summary>
    public static Unset Value { get; } = new();

    /// <inheritdoc/>
    public override string ToString() => "unset";
}
