using System.Diagnostics.CodeAnalysis;

namespace CqlDriver;

/// <summary>
/// The identity of a node: the only thing about it that does not change when its address does. Never nil.
/// Ordered by its bytes as a UUID is printed, so that sorted collections look the same everywhere.
/// </summary>
public readonly struct HostId : IEquatable<HostId>, IComparable<HostId>
{
    private readonly Guid _value;

    /// <summary>Creates a host id.</summary>
    /// <param name="value">The UUID that the node gives as its <c>host_id</c>.</param>
    /// <exception cref="ArgumentException">The UUID is nil.</exception>
    public HostId(Guid value)
    {
        if (value == Guid.Empty)
        {
            throw new ArgumentException("A host id is never nil.", nameof(value));
        }

        _value = value;
    }

    /// <summary>The UUID.</summary>
    /// <exception cref="InvalidOperationException">This is <c>default(HostId)</c>, which names no node.</exception>
    public Guid Value => _value != Guid.Empty ? _value : throw new InvalidOperationException("default(HostId) names no node.");

    /// <summary>Whether two ids name the same node.</summary>
    public static bool operator ==(HostId left, HostId right) => left.Equals(right);

    /// <summary>Whether two ids name different nodes.</summary>
    public static bool operator !=(HostId left, HostId right) => !left.Equals(right);

    /// <summary>Whether one id sorts before another.</summary>
    public static bool operator <(HostId left, HostId right) => left.CompareTo(right) < 0;

    /// <summary>Whether one id sorts after another.</summary>
    public static bool operator >(HostId left, HostId right) => left.CompareTo(right) > 0;

    /// <summary>Whether one id sorts before another or is the same.</summary>
    public static bool operator <=(HostId left, HostId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one id sorts after another or is the same.</summary>
    public static bool operator >=(HostId left, HostId right) => left.CompareTo(right) >= 0;

    /// <summary>Reads the usual text form of a UUID; nil and malformed text are refused.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hostId">The id, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out HostId hostId)
    {
        if (Guid.TryParse(text, out var value) && value != Guid.Empty)
        {
            hostId = new HostId(value);
            return true;
        }

        hostId = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(HostId other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is HostId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(HostId other) => _value.CompareTo(other._value);

    /// <inheritdoc/>
    public override string ToString() => _value.ToString();
}
