namespace CqlDriver.Testing.Storage;

/// <summary>A partition's key: its columns' values, the bytes that are hashed, and the token. Ordered as the ring is: by token, then bytes.</summary>
internal sealed class PartitionKey(byte[][] components, byte[] routingKey, long token) : IEquatable<PartitionKey>, IComparable<PartitionKey>
{
    public byte[][] Components { get; } = components;

    public byte[] RoutingKey { get; } = routingKey;

    public long Token { get; } = token;

    public static PartitionKey Of(byte[][] components)
    {
        var routingKey = components.Length == 1 ? components[0] : Partitioning.CompositeRoutingKey.Encode(components);
        return new PartitionKey(components, routingKey, Partitioning.Murmur3Partitioner.Hash(routingKey).Value);
    }

    public bool Equals(PartitionKey? other) => other is not null && Token == other.Token && RoutingKey.AsSpan().SequenceEqual(other.RoutingKey);

    public override bool Equals(object? obj) => Equals(obj as PartitionKey);

    public override int GetHashCode() => Token.GetHashCode();

    public int CompareTo(PartitionKey? other)
    {
        var order = other is null ? 1 : Token.CompareTo(other.Token);
        return order != 0 ? order : RoutingKey.AsSpan().SequenceCompareTo(other!.RoutingKey);
    }
}

/// <summary>An end of a range of rows: the first clustering values, and whether rows that begin with them are within.</summary>
internal readonly record struct ClusteringBound(byte[][] Prefix, bool IsInclusive)
{
    public static ClusteringBound Open { get; } = new([], true);
}

/// <summary>A deletion of all rows between two bounds, in the table's own order.</summary>
internal sealed record RangeDeletion(ClusteringBound Start, ClusteringBound End, long Timestamp);

/// <summary>The rows of one partition key, in clustering order.</summary>
internal sealed class Partition(PartitionKey key, ClusteringOrder order)
{
    private readonly List<StoredRow> _rows = [];
    private readonly List<RangeDeletion> _ranges = [];

    public PartitionKey Key { get; } = key;

    public long DeletedAt { get; set; } = long.MinValue;

    /// <summary>What the static columns hold; no clustering values.</summary>
    public StoredRow Static { get; } = new([]);

    public List<StoredRow> Rows => _rows;

    public StoredRow? Find(byte[][] clustering)
    {
        var at = LowerBound(clustering);
        return at < _rows.Count && order.Compare(_rows[at].Clustering, clustering) == 0 ? _rows[at] : null;
    }

    public StoredRow GetOrAdd(byte[][] clustering)
    {
        // Rows come in order more often than not.
        if (_rows.Count == 0 || order.Compare(_rows[^1].Clustering, clustering) < 0)
        {
            _rows.Add(new StoredRow(clustering));
            return _rows[^1];
        }

        var at = LowerBound(clustering);
        if (order.Compare(_rows[at].Clustering, clustering) != 0)
        {
            _rows.Insert(at, new StoredRow(clustering));
        }

        return _rows[at];
    }

    public void Delete(RangeDeletion range) => _ranges.Add(range);

    /// <summary>The latest deletion that covers the row.</summary>
    public long DeletionOf(StoredRow row)
    {
        var deletedAt = Math.Max(DeletedAt, row.DeletedAt);
        foreach (var range in _ranges)
        {
            if (range.Timestamp > deletedAt && order.IsWithin(row.Clustering, range.Start, range.End))
            {
                deletedAt = range.Timestamp;
            }
        }

        return deletedAt;
    }

    /// <summary>The index of the first row within a bound taken as the start of a range.</summary>
    public int IndexOf(ClusteringBound start)
    {
        var (low, high) = (0, _rows.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (order.IsBefore(_rows[middle].Clustering, start))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The index after the last row within a bound taken as the end of a range.</summary>
    public int IndexAfter(ClusteringBound end)
    {
        var (low, high) = (0, _rows.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (order.IsAfter(_rows[middle].Clustering, end))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    private int LowerBound(byte[][] clustering)
    {
        var (low, high) = (0, _rows.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (order.Compare(_rows[middle].Clustering, clustering) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
