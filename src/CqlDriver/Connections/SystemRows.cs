using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>
/// The rows of a system table, cut into cells and read by column name. For the control plane: obvious, not fast. A column that
/// the table does not have reads as null, since versions of servers differ in that; one of another type is an error.
/// </summary>
internal sealed class SystemRows
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly (int Offset, int Length)[] _cells;

    public SystemRows(RowsHeader rows, ReadOnlyMemory<byte> body)
    {
        _body = body;
        Columns = rows.Metadata?.Columns ?? throw new CqlProtocolException("A result came without the metadata that was asked for.");
        Count = rows.RowCount;
        for (var i = 0; i < Columns.Length; i++)
        {
            _ordinals[Columns[i].Name] = i;
        }

        _cells = new (int, int)[Count * Columns.Length];
        var reader = new CqlReader(body.Span[rows.ContentOffset..], "rows");
        for (var i = 0; i < _cells.Length; i++)
        {
            var isValue = reader.TryReadBytes(out var cell);
            _cells[i] = isValue ? (rows.ContentOffset + reader.Position - cell.Length, cell.Length) : (0, -1);
        }
    }

    public ImmutableArray<ColumnSpec> Columns { get; }

    public int Count { get; }

    public bool Has(string column) => _ordinals.ContainsKey(column);

    /// <summary>The encoded value; false when it is null or there is no such column.</summary>
    public bool TryCell(int row, string column, out ReadOnlyMemory<byte> cell)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        cell = default;
        if (!_ordinals.TryGetValue(column, out var ordinal))
        {
            return false;
        }

        var (offset, length) = _cells[(row * Columns.Length) + ordinal];
        if (length < 0)
        {
            return false;
        }

        cell = _body.Slice(offset, length);
        return true;
    }

    public string? Text(int row, string column) => TryCell(row, column, out var cell) ? Encoding.UTF8.GetString(cell.Span) : null;

    public Guid? Guid(int row, string column) =>
        TryCell(row, column, out var cell) && !cell.IsEmpty ? new Guid(Sized(cell, column, 16).Span, bigEndian: true) : null;

    public int? Int(int row, string column) =>
        TryCell(row, column, out var cell) && !cell.IsEmpty ? BinaryPrimitives.ReadInt32BigEndian(Sized(cell, column, 4).Span) : null;

    public long? Long(int row, string column) =>
        TryCell(row, column, out var cell) && !cell.IsEmpty ? BinaryPrimitives.ReadInt64BigEndian(Sized(cell, column, 8).Span) : null;

    public double? Double(int row, string column) =>
        TryCell(row, column, out var cell) && !cell.IsEmpty ? BinaryPrimitives.ReadDoubleBigEndian(Sized(cell, column, 8).Span) : null;

    public bool? Boolean(int row, string column) => TryCell(row, column, out var cell) && !cell.IsEmpty ? Sized(cell, column, 1).Span[0] != 0 : null;

    public IPAddress? Address(int row, string column)
    {
        if (!TryCell(row, column, out var cell) || cell.IsEmpty)
        {
            return null;
        }

        return cell.Length is 4 or 16 ? new IPAddress(cell.Span) : throw Malformed(column, $"an address has 4 or 16 bytes, this one {cell.Length}");
    }

    /// <summary>A list or set of text; empty when null.</summary>
    public ImmutableArray<string> Texts(int row, string column)
    {
        if (!TryCell(row, column, out var cell) || cell.IsEmpty)
        {
            return [];
        }

        var reader = new CqlReader(cell.Span, column);
        var count = reader.ReadInt();
        reader.EnsureFits(count, sizeof(int), column);
        var texts = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
        {
            texts.Add(reader.TryReadBytes(out var text) ? Encoding.UTF8.GetString(text) : "");
        }

        return texts.MoveToImmutable();
    }

    /// <summary>A map from text to text; empty when null.</summary>
    public IReadOnlyDictionary<string, string> TextMap(int row, string column)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!TryCell(row, column, out var cell) || cell.IsEmpty)
        {
            return map;
        }

        var reader = new CqlReader(cell.Span, column);
        var count = reader.ReadInt();
        reader.EnsureFits(count, 2 * sizeof(int), column);
        for (var i = 0; i < count; i++)
        {
            var key = reader.TryReadBytes(out var keyBytes) ? Encoding.UTF8.GetString(keyBytes) : "";
            map[key] = reader.TryReadBytes(out var value) ? Encoding.UTF8.GetString(value) : "";
        }

        return map;
    }

    private static ReadOnlyMemory<byte> Sized(ReadOnlyMemory<byte> cell, string column, int size) =>
        cell.Length == size ? cell : throw Malformed(column, $"{size} bytes were expected, {cell.Length} came");

    private static CqlProtocolException Malformed(string column, string what) => new($"Column '{column}' of a system table: {what}.");
}
