using System.Buffers.Binary;
using System.Numerics;

namespace CqlDriver.Topology;

/// <summary>
/// An entry of a committed log of topology changes: a position and bytes. No bytes: an empty entry. Else a CRC-32C of what
/// follows it (4 bytes, little-endian), a kind (1 byte, <see cref="TopologyEntryKind"/>), the version of its form (1 byte)
/// and what the kind needs. Immutable and thread-safe; the bytes must not be changed afterwards.
/// </summary>
/// <remarks>Reading one never fails: what is damaged and what is merely not understood are two different outcomes, which whoever applies it sorts.</remarks>
public sealed class TopologyLogEntry
{
    /// <summary>The version of the form in which entries are written now. Earlier ones stay readable; a later one is not understood.</summary>
    public const byte FormatVersion = 1;

    private const int HeaderBytes = sizeof(uint) + 2;
    private readonly ReadOnlyMemory<byte> _given;
    private byte[]? _encoded;
    private EntryReading? _reading;

    /// <summary>Creates an entry from its bytes.</summary>
    /// <param name="position">Where it stands in its log.</param>
    /// <param name="data">Its bytes; none for an empty entry.</param>
    public TopologyLogEntry(LogPosition position, ReadOnlyMemory<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position.Epoch, nameof(position));
        ArgumentOutOfRangeException.ThrowIfNegative(position.Index, nameof(position));
        (Position, _given) = (position, data);
    }

    private TopologyLogEntry(LogPosition position, TopologyChange change)
        : this(position, ReadOnlyMemory<byte>.Empty) => (Written, _reading) = (change, new EntryReading(change, null));

    /// <summary>Where it stands in its log.</summary>
    public LogPosition Position { get; }

    /// <summary>Its bytes.</summary>
    /// <exception cref="ArgumentException">It was made for a change that cannot be written down.</exception>
    public ReadOnlyMemory<byte> Data => Written is null ? _given : Volatile.Read(ref _encoded) ?? Encode(Written);

    /// <summary>What it says; null when its bytes are damaged.</summary>
    public TopologyChange? Change => Reading.Change;

    /// <summary>What is damaged; null: nothing.</summary>
    public string? Damage => Reading.Damage;

    /// <summary>The change that it was made for: it is written down when its bytes are asked for.</summary>
    private TopologyChange? Written { get; }

    private EntryReading Reading => Volatile.Read(ref _reading) ?? Decode();

    /// <summary>The entry for a change.</summary>
    /// <param name="position">Where it stands in its log.</param>
    /// <param name="change">The change.</param>
    public static TopologyLogEntry Of(LogPosition position, TopologyChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change switch
        {
            EmptyEntry => Empty(position),
            UndecodableEntry raw => new TopologyLogEntry(position, raw.Raw.AsMemory()),
            _ => new TopologyLogEntry(position, change),
        };
    }

    /// <summary>An entry that says nothing.</summary>
    /// <param name="position">Where it stands in its log.</param>
    public static TopologyLogEntry Empty(LogPosition position) => new(position, ReadOnlyMemory<byte>.Empty);

    /// <summary>An entry of the source's own, which clients only count.</summary>
    /// <param name="position">Where it stands in its log.</param>
    /// <param name="sourceKind">What the source calls it.</param>
    /// <param name="content">Its content.</param>
    public static TopologyLogEntry Opaque(LogPosition position, byte sourceKind, ReadOnlySpan<byte> content) =>
        new(position, Seal(TopologyEntryKind.Opaque, FormatVersion, [sourceKind, .. content]));

    /// <inheritdoc/>
    public override string ToString() => $"{Position} {Damage ?? Change!.GetType().Name}";

    /// <summary>Puts a checksum before what an entry says.</summary>
    internal static byte[] Seal(TopologyEntryKind kind, byte version, ReadOnlySpan<byte> content)
    {
        var data = new byte[HeaderBytes + content.Length];
        data[sizeof(uint)] = (byte)kind;
        data[sizeof(uint) + 1] = version;
        content.CopyTo(data.AsSpan(HeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(data, LogChecksum.Of(data.AsSpan(sizeof(uint))));
        return data;
    }

    private byte[] Encode(TopologyChange change)
    {
        var writer = new LogWriter();
        TopologyChangeCodec.Write(writer, change);
        var bytes = Seal(TopologyChangeCodec.KindOf(change), FormatVersion, writer.Written);
        Volatile.Write(ref _encoded, bytes);
        return bytes;
    }

    /// <summary>Two threads may do it at once, with the same outcome.</summary>
    private EntryReading Decode()
    {
        var reading = Decode(_given);
        Volatile.Write(ref _reading, reading);
        return reading;
    }

    private static EntryReading Decode(ReadOnlyMemory<byte> data)
    {
        if (data.IsEmpty)
        {
            return EntryReading.Empty;
        }

        if (data.Length < HeaderBytes)
        {
            return new EntryReading(null, $"it has {data.Length} bytes, an entry has none or at least {HeaderBytes}");
        }

        var bytes = data.Span;
        var (told, counted) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes), LogChecksum.Of(bytes[sizeof(uint)..]));
        if (told != counted)
        {
            return new EntryReading(null, $"its checksum is {counted:X8}, expected {told:X8}");
        }

        var (kind, version) = ((TopologyEntryKind)bytes[sizeof(uint)], bytes[sizeof(uint) + 1]);
        try
        {
            if (version is 0 or > FormatVersion)
            {
                throw new UndecodableEntryException($"its form has version {version}, this driver knows 1 to {FormatVersion}");
            }

            var reader = new LogReader(bytes[HeaderBytes..]);
            var change = TopologyChangeCodec.Read(kind, ref reader, depth: 0);
            reader.End();
            return new EntryReading(change, null);
        }
        catch (UndecodableEntryException unknown)
        {
            return new EntryReading(new UndecodableEntry([.. bytes], unknown.Message), null);
        }
        catch (DamagedEntryException damaged)
        {
            return new EntryReading(null, damaged.Message);
        }
    }

    private sealed record EntryReading(TopologyChange? Change, string? Damage)
    {
        public static EntryReading Empty { get; } = new(new EmptyEntry(), null);
    }
}

/// <summary>CRC-32C (Castagnoli), as iSCSI and most databases use it: the checksum of "123456789" is E3069283.</summary>
internal static class LogChecksum
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}

/// <summary>A checksum within an entry does not fit what it stands for.</summary>
internal sealed class DamagedEntryException(string message) : CqlException(message);
