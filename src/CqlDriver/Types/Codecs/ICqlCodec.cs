using System.Buffers;

namespace CqlDriver.Types;

/// <summary>
/// Converts between a .NET type and the bytes of a CQL type. Implement it for types of your own and register it with
/// the codec registry. Implementations must be thread-safe and must not keep the memory they are given.
/// </summary>
/// <typeparam name="T">The .NET type.</typeparam>
public interface ICqlCodec<T>
{
    /// <summary>Whether the codec can convert values of this CQL type.</summary>
    /// <param name="type">The type of the column, element or field.</param>
    bool Handles(CqlType type);

    /// <summary>Writes the content of a value, without its length.</summary>
    /// <param name="value">The value, never null.</param>
    /// <param name="type">The CQL type, one that <see cref="Handles"/> accepted.</param>
    /// <param name="writer">Receives the bytes.</param>
    void Encode(T value, CqlType type, IBufferWriter<byte> writer);

    /// <summary>Reads the content of a value that is not null.</summary>
    /// <param name="content">The bytes, without their length; valid during the call only.</param>
    /// <param name="type">The CQL type, one that <see cref="Handles"/> accepted.</param>
    T Decode(ReadOnlySpan<byte> content, CqlType type);
}
