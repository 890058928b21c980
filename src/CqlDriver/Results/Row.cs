using System.Collections.Immutable;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace CqlDriver;

/// <summary>
/// A row of a <see cref="RowSet"/>: a view of the page's memory, decoded when a value is asked for. It may be kept as long
/// as you like; after its page was disposed it throws <see cref="ObjectDisposedException"/>, and never shows another row.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct Row : IEquatable<Row>
{
    private readonly RowSet _page;
    private readonly int _offset;

    internal Row(RowSet page, int offset)
    {
        _page = page;
        _offset = offset;
    }

    /// <summary>The columns.</summary>
    public ImmutableArray<ColumnSpec> Columns => Page.Columns;

    private RowSet Page
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var page = _page;
            if (page is null)
            {
                ThrowNoPage();
            }

            return page;
        }
    }

    /// <summary>A value as its natural .NET type; null when it is null.</summary>
    /// <param name="ordinal">The column, from 0.</param>
    public object? this[int ordinal] => Page.GetObject(_offset, ordinal);

    /// <summary>A value as its natural .NET type; null when it is null.</summary>
    /// <param name="name">The name of the column: as it is, or without regard to case.</param>
    public object? this[string name] => Page.GetObject(_offset, Page.Ordinal(name));

    /// <summary>Whether two rows are the same one of the same page.</summary>
    public static bool operator ==(Row left, Row right) => left.Equals(right);

    /// <summary>Whether two rows are different ones.</summary>
    public static bool operator !=(Row left, Row right) => !left.Equals(right);

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The .NET type wanted; nullable where the value may be null.</typeparam>
    /// <param name="ordinal">The column, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column.</exception>
    /// <exception cref="CqlValueException">The value cannot be read as that type, or is null and the type is not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]                          // decides about string where T is known
    public T Get<T>(int ordinal)
    {
        if (typeof(T) == typeof(string))
        {
            var text = Page.GetText(_offset, ordinal);
            return Unsafe.As<string?, T>(ref text);
        }

        return Page.Get<T>(_offset, ordinal);
    }

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">The .NET type wanted; nullable where the value may be null.</typeparam>
    /// <param name="name">The name of the column: as it is, or without regard to case.</param>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    /// <exception cref="CqlValueException">The value cannot be read as that type, or is null and the type is not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Get<T>(string name) => Get<T>(Page.Ordinal(name));

    /// <summary>Whether a value is null.</summary>
    /// <param name="ordinal">The column, from 0.</param>
    public bool IsNull(int ordinal) => Page.IsNull(_offset, ordinal);

    /// <summary>Whether a value is null.</summary>
    /// <param name="name">The name of the column.</param>
    public bool IsNull(string name) => Page.IsNull(_offset, Page.Ordinal(name));

    /// <summary>The bytes of a value as they came; empty when it is null. Valid until the page is disposed.</summary>
    /// <param name="ordinal">The column, from 0.</param>
    public ReadOnlySpan<byte> GetBytes(int ordinal) => Page.GetBytes(_offset, ordinal);

    /// <inheritdoc/>
    public bool Equals(Row other) => ReferenceEquals(_page, other._page) && _offset == other._offset;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Row other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_page, _offset);

    /// <summary>The columns' names and CQL types, without values.</summary>
    public override string ToString() => _page is null ? "no row" : $"({string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"))})";

    [DoesNotReturn]
    private static void ThrowNoPage() => throw new InvalidOperationException("This is default(Row), which belongs to no result.");
}
