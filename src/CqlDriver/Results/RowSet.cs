using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver;

/// <summary>
/// The answer to a request: one page of rows, and the way to the next. Enumerate it with <c>foreach</c> for the rows held, with
/// <c>await foreach</c> for all rows of all pages. Statements that return no rows give an empty one.
/// </summary>
/// <remarks>
/// <para>Rows are decoded lazily from the memory of the response. <see cref="Dispose"/> gives that memory back for reuse; it is
/// safe not to, the garbage collector then takes it. Reading is safe from many threads; a value that is read while another thread
/// disposes is right or an <see cref="ObjectDisposedException"/>, but for the spans of <see cref="Row.GetBytes"/>.</para>
/// <para>A result stays readable after its session was closed; further pages are then an error.</para>
/// </remarks>
public sealed class RowSet : IAsyncEnumerable<Row>, IDisposable
{
    private readonly RowLayout _layout;
    private readonly NextPage? _next;
    private readonly int _rowsOffset;
    private PageMemory _memory;                     // a struct that changes: never readonly

    internal RowSet(ExecutionInfo info)
    {
        Info = info;
        _layout = RowLayout.Empty;
    }

    /// <summary>Takes over an array of <see cref="ResponseMemory"/> that holds the whole body of a ROWS answer.</summary>
    internal RowSet(ExecutionInfo info, RowLayout layout, byte[] body, int length, int rowsOffset, int rowCount, NextPage? next)
    {
        Info = info;
        Count = rowCount;
        _layout = layout;
        _memory = new PageMemory(body, length);
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
    public void Dispose() => _memory.Release();

    /// <summary>The number of rows and the columns.</summary>
    public override string ToString() => $"{Count} row(s) of ({string.Join(", ", Columns.Select(column => column.Name))}){(HasMorePages ? ", more pages" : "")}";

    internal int Ordinal(string name)
    {
        var ordinal = _layout.IndexOf(name);
        return ordinal >= 0
            ? ordinal
            : throw new ArgumentException($"The result has no column '{name}'. It has: {string.Join(", ", Columns.Select(column => column.Name))}.", nameof(name));
    }

    /// <summary>Reads a value. What is usual is read here, by a method that calls none and so saves no register; all else elsewhere.</summary>
    internal T Get<T>(int row, int ordinal)
    {
        var shapes = _layout.Shapes;
        if (NativeValue.SizeOf<T>() > 0 && _memory.Body is { } body && (uint)ordinal < (uint)shapes.Length)
        {
            if (ordinal > PageMemory.Near)
            {
                return GetFar<T>(row, ordinal);
            }

            if (TryReadAt<T>(body, shapes, ordinal, _memory.Skip(body, shapes, row, 0, ordinal), out var value))
            {
                return value;
            }
        }

        return GetAnyway<T>(row, ordinal);
    }

    /// <summary>As <see cref="Get{T}"/> for string, which shares its code with all classes there and would be found out at run time.</summary>
    internal string? GetText(int row, int ordinal)
    {
        var shapes = ShapesWith(ordinal);
        var body = _memory.Take();
        var content = _memory.Cell(body, shapes, row, ordinal, out var isNull);
        if (!isNull && NativeValue.TryReadText(content, shapes[ordinal].ShortCut, out var text))
        {
            _memory.CheckHeld(body);
            return text;
        }

        return GetAnyway<string?>(row, ordinal);
    }

    internal object? GetObject(int row, int ordinal) => GetAnyway<object?>(row, ordinal);

    internal bool IsNull(int row, int ordinal)
    {
        var shapes = ShapesWith(ordinal);
        var body = _memory.Take();
        _memory.Cell(body, shapes, row, ordinal, out var isNull);
        _memory.CheckHeld(body);
        return isNull;
    }

    internal ReadOnlySpan<byte> GetBytes(int row, int ordinal)
    {
        var shapes = ShapesWith(ordinal);
        return _memory.Cell(_memory.Take(), shapes, row, ordinal, out _);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T GetFar<T>(int row, int ordinal)
    {
        var shapes = _layout.Shapes;
        var body = _memory.Take();
        return TryReadAt<T>(body, shapes, ordinal, _memory.Find(body, shapes, row, ordinal), out var value) ? value : GetAnyway<T>(row, ordinal);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadAt<T>(byte[] body, CellShape[] shapes, int ordinal, int offset, [MaybeNullWhen(false)] out T value)
    {
        Unsafe.SkipInit(out value);
        return _memory.TryCell(body, offset, NativeValue.SizeOf<T>(), out var content)
            && NativeValue.TryRead(content, shapes[ordinal].ShortCut, out value)
            && _memory.IsHeld(body);
    }

    /// <summary>Reads any value by its codec, or tells what is wrong.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T GetAnyway<T>(int row, int ordinal)
    {
        var shapes = ShapesWith(ordinal);
        var body = _memory.Take();
        var content = _memory.Cell(body, shapes, row, ordinal, out var isNull);
        var column = _layout.Columns[ordinal];
        try
        {
            var value = _layout.Codecs.ReadValue<T>(content, isNull, column.Type);
            _memory.CheckHeld(body);
            return value;
        }
        catch (Exception) when (_memory.Body is null)
        {
            // Whatever the codec did not like may have been another answer.
            PageMemory.ThrowGone();
            throw;
        }
        catch (CqlValueException error)
        {
            throw error.InColumn(column.Name);
        }
    }

    private int SkipRow(int row) => _memory.Find(_memory.Take(), _layout.Shapes, row, _layout.Shapes.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private CellShape[] ShapesWith(int ordinal)
    {
        var shapes = _layout.Shapes;
        if ((uint)ordinal >= (uint)shapes.Length)
        {
            ThrowNoColumn(ordinal);
        }

        return shapes;
    }

    [DoesNotReturn]
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
