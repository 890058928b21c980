using System.Collections.Immutable;
using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Storage;

/// <summary>The order of rows within a partition: by each clustering column in turn, descending where the table says so.</summary>
internal sealed class ClusteringOrder(ImmutableArray<ColumnDefinition> clustering)
{
    private readonly ValueOrder[] _orders = [.. clustering.Select(column => new ValueOrder(column.Type))];
    private readonly bool[] _isDescending = [.. clustering.Select(column => column.IsDescending)];

    public int Compare(byte[][] left, byte[][] right) => ComparePrefix(left, right, Math.Min(left.Length, right.Length));

    /// <summary>Whether a row lies before a range that starts at the bound.</summary>
    public bool IsBefore(byte[][] row, ClusteringBound start)
    {
        var order = ComparePrefix(row, start.Prefix, start.Prefix.Length);
        return order < 0 || (order == 0 && !start.IsInclusive);
    }

    /// <summary>Whether a row lies after a range that ends at the bound.</summary>
    public bool IsAfter(byte[][] row, ClusteringBound end)
    {
        var order = ComparePrefix(row, end.Prefix, end.Prefix.Length);
        return order > 0 || (order == 0 && !end.IsInclusive);
    }

    public bool IsWithin(byte[][] row, ClusteringBound start, ClusteringBound end) => !IsBefore(row, start) && !IsAfter(row, end);

    private int ComparePrefix(byte[][] left, byte[][] right, int length)
    {
        for (var i = 0; i < length; i++)
        {
            var order = _orders[i].Compare(left[i], right[i]);
            if (order != 0)
            {
                return _isDescending[i] ? -order : order;
            }
        }

        return 0;
    }
}
