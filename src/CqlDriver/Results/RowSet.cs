using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace CqlDriver;

/// <summary>
/// The answer to a request: one page of rows, and the way to the next. Enumerate it with <c>foreach</c> for the rows held, with
/// <c>await foreach</c> for all rows of all pages. Statements that return no rows give an empty one.
/// </summary>
/// <remarks>
/// <para>Rows are decoded lazily from the memory of the response. <see cref="Dispose"/> gives that memory back for reuse; it is
/// safe not to, the garbage collector then takes it. Reading is safe from many threads, but not while another disposes.</para>
/// <para>A result stays readable after its session was closed; further pages are then an error.</para>
/// </remarks>
public sealed class RowSet : IAsyncEnumerable<Row>, IDisposable
{
    private const int DisposedLength = -1;

    private readonly RowLayout _layout;
    private readonly CodecRegistry _codecs;
    private readonly int _rowsOffset;
    private readonly NextPage? _next;
    private byte[]? _body;
    private int _length;

    internal RowSet(ExecutionInfo info)
    {
        Info = info;
        _layout = RowLayout.Empty;
        _codecs = CodecRegistry.Default;
    }

    /// <summary>Takes over a rented array that holds the whole body of a ROWS answer.</summary>
    internal RowSet(ExecutionInfo info, RowLayout layout, CodecRegistry codecs, byte[] body, int length, int rowsOffset, int rowCount, NextPage? next)
    {
        Info = info;
        Count = rowCount;
        _layout = layout;
        _codecs = codecs;
        _body = body;
        _length = length;
        _rowsOffset = rowsOffset;
        _next = next;
    }

    /// <summary>The rows of this page.</summary>
    public int Count { get; }

    /// <summary>The columns; empty when the statement returns no rows.</summary>
    public ImmutableArray<ColumnSpec> Columns => _layout.Columns;

    /// <summary>Where this page ended; null when it is the last one.</summary>
    public PagingState? PagingState => _next?.State;

    /// <summary>Whether there is another page.</summary>
    public bool HasMorePages => _next is not null;

    /// <summary>How the request went: coordinator, attempts, warnings, tracing id, custom payload.</summary>
    public ExecutionInfo Info { get; }

    /// <summary>
    /// Whether a conditional statement was applied: the value of its <c>[applied]</c> column. True for every other statement.
    /// </summary>
    public bool WasApplied =>
        Count == 0 || _layout.Columns is not [{ Name: "[applied]", Type.Kind: CqlTypeKind.Boolean }, ..] || Get<bool>(_rowsOffset, 0);

    /// <summary>The row at a position of this page. Finding it takes time in proportion to the position: enumerate to read many.</summary>
    /// <param name="index">The position, from 0.</param>
    public Row this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var offset = _rowsOffset;
            for (var i = 0; i < index; i++)
            {
                offset = SkipRow(offset);
            }

            return new Row(this, offset);
        }
    }

    /// <summary>The first row of this page; null when there is none.</summary>
    public Row? FirstOrDefault() => Count == 0 ? null : new Row(this, _rowsOffset);

    /// <summary>The only row of the result.</summary>
    /// <exception cref="InvalidOperationException">There is no row, or more than one.</exception>
    public Row Single() => Count == 1 && !HasMorePages
        ? new Row(this, _rowsOffset)
        : throw new InvalidOperationException(Count == 0 ? "The result has no row." : "The result has more than one row.");

    /// <summary>Asks for the next page.</summary>
    /// <param name="cancellationToken">Gives the request up.</param>
    /// <exception cref="InvalidOperationException">This is the last page; see <see cref="HasMorePages"/>.</exception>
    public ValueTask<RowSet> FetchNextPageAsync(CancellationToken cancellationToken = default) =>
        _next?.FetchAsync(cancellationToken) ?? throw new InvalidOperationException($"This is the last page: look at {nameof(HasMorePages)} first.");

    /// <summary>The rows of this page, in order.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>
    /// All rows of this and the following pages. While the rows of one page are read the next is already on its way; at most
    /// one page is fetched ahead. Pages are left to the garbage collector, so that rows stay valid: to reuse the memory of each
    /// page, go through them with <see cref="FetchNextPageAsync"/> and dispose them.
    /// </summary>
    /// <param name="cancellationToken">Gives the reading up.</param>
    public IAsyncEnumerator<Row> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new PagingEnumerator(this, cancellationToken);

    /// <summary>Gives the page's memory back. Its rows throw <see cref="ObjectDisposedException"/> afterwards.</summary>
    public void Dispose()
    {
        var body = Interlocked.Exchange(ref _body, null);
        if (body is not null)
        {
            _length = DisposedLength;
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    /// <summary>The number of rows and the columns.</summary>
    public override string ToString() => $"{Count} row(s) of ({string.Join(", ", Columns.Select(column => column.Name))}){(HasMorePages ? ", more pages" : "")}";

    internal int Ordinal(string name)
    {
        var ordinal = _layout.IndexOf(name);
        return ordinal >= 0
            ? ordinal
            : throw new ArgumentException($"The result has no column '{name}'. It has: {string.Join(", ", Columns.Select(column => column.Name))}.", nameof(name));
    }

    internal T Get<T>(int rowOffset, int ordinal)
    {
        var content = Cell(rowOffset, ordinal, out var isNull);
        var column = _layout.Columns.ItemRef(ordinal);
        try
        {
            return _codecs.ReadValue<T>(content, isNull, column.Type);
        }
        catch (CqlValueException error)
        {
            throw error.InColumn(column.Name);
        }
    }

    internal object? GetObject(int rowOffset, int ordinal)
    {
        var content = Cell(rowOffset, ordinal, out var isNull);
        var column = _layout.Columns.ItemRef(ordinal);
        try
        {
            return isNull ? null : _codecs.ReadObject(content, column.Type);
        }
        catch (CqlValueException error)
        {
            throw error.InColumn(column.Name);
        }
    }

    internal bool IsNull(int rowOffset, int ordinal)
    {
        Cell(rowOffset, ordinal, out var isNull);
        return isNull;
    }

    internal ReadOnlySpan<byte> Cell(int rowOffset, int ordinal, out bool isNull)
    {
        if ((uint)ordinal >= (uint)_layout.Columns.Length)
        {
            ThrowNoColumn(ordinal);
        }

        var body = Body();
        var offset = rowOffset;
        for (var i = 0; i < ordinal; i++)
        {
            offset = SkipCell(body, offset);
        }

        var length = CellLength(body, offset);
        isNull = length < 0;
        return isNull ? [] : body.Slice(offset + sizeof(int), length);
    }

    private static int SkipCell(ReadOnlySpan<byte> body, int offset) => offset + sizeof(int) + Math.Max(CellLength(body, offset), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CellLength(ReadOnlySpan<byte> body, int offset)
    {
        if ((uint)offset > (uint)(body.Length - sizeof(int)))
        {
            ThrowTruncated(offset);
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(body[offset..]);
        if (length > body.Length - offset - sizeof(int))
        {
            ThrowTruncated(offset);
        }

        return length;
    }

    private static void ThrowTruncated(int offset) =>
        throw new CqlProtocolException($"The page of rows is truncated: the cell at byte {offset} of the answer reaches beyond its end.");

    private int SkipRow(int offset)
    {
        var body = Body();
        for (var i = 0; i < _layout.Columns.Length; i++)
        {
            offset = SkipCell(body, offset);
        }

        return offset;
    }

    private ReadOnlySpan<byte> Body()
    {
        var body = _body;
        return body is not null ? body.AsSpan(0, _length) : throw new ObjectDisposedException(nameof(RowSet), "The page of this row was disposed: read what you need before.");
    }

    private void ThrowNoColumn(int ordinal) => throw new ArgumentOutOfRangeException(
        nameof(ordinal), ordinal, $"The result has {_layout.Columns.Length} column(s), counted from 0.");

    /// <summary>Goes through the rows of one page. Not thread-safe.</summary>
    public struct Enumerator
    {
        private readonly RowSet _page;
        private int _index;
        private int _offset;

        internal Enumerator(RowSet page)
        {
            _page = page;
            _index = -1;
            _offset = page._rowsOffset;
        }

        /// <summary>The row; valid after <see cref="MoveNext"/> returned true.</summary>
        public readonly Row Current => new(_page, _offset);

        /// <summary>Goes to the next row of the page.</summary>
        /// <returns>False at the end of the page.</returns>
        public bool MoveNext()
        {
            if (_index + 1 >= _page.Count)
            {
                return false;
            }

            if (++_index > 0)
            {
                _offset = _page.SkipRow(_offset);
            }

            return true;
        }
    }
}
