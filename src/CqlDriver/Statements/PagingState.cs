namespace CqlDriver;

/// <summary>
/// Where a page ended, as an opaque token of the server. Immutable. It survives serialization as bytes or text and can be
/// used by another session, for the same statement with the same values, while the cluster's version stays.
/// </summary>
public sealed class PagingState : IEquatable<PagingState>
{
    private readonly byte[] _bytes;

    internal PagingState(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The token.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Takes a token that was stored as bytes.</summary>
    /// <param name="bytes">What <see cref="Bytes"/> gave; copied.</param>
    /// <exception cref="ArgumentException">No bytes.</exception>
    public static PagingState FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new ArgumentException("A paging state has at least one byte.", nameof(bytes));
        }

        return new PagingState(bytes);
    }

    /// <summary>Takes a token that was stored as text.</summary>
    /// <param name="text">What <see cref="ToString"/> gave.</param>
    /// <exception cref="FormatException">The text is not URL-safe Base64 of at least one byte.</exception>
    public static PagingState Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return new PagingState(System.Buffers.Text.Base64Url.DecodeFromChars(text));
    }

    /// <inheritdoc/>
    public bool Equals(PagingState? other) => other is not null && other._bytes.AsSpan().SequenceEqual(_bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PagingState);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The token as URL-safe Base64, for <see cref="Parse"/>.</summary>
    public override string ToString() => System.Buffers.Text.Base64Url.EncodeToString(_bytes);
}
