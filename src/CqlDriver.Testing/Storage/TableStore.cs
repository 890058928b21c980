using CqlDriver.Testing.Model;

namespace CqlDriver.Testing.Storage;

/// <summary>
/// The rows of one table: partitions by key, and in the order of the ring for scans. The order is made when a scan asks
/// for it: new partitions are sorted apart and merged in, so that a load of many keys does not sort at each of them.
/// </summary>
internal sealed class TableStore(TableDefinition definition)
{
    private readonly Dictionary<PartitionKey, Partition> _byKey = [];
    private List<Partition> _ordered = [];
    private List<Partition> _added = [];

    public ClusteringOrder Order { get; } = new(definition.Clustering);

    /// <summary>All partitions in the order of the ring.</summary>
    public List<Partition> Ordered
    {
        get
        {
            MergeAdded();
            return _ordered;
        }
    }

    public Partition? Find(PartitionKey key) => _byKey.GetValueOrDefault(key);

    public Partition GetOrAdd(PartitionKey key)
    {
        if (!_byKey.TryGetValue(key, out var partition))
        {
            partition = new Partition(key, Order);
            _byKey.Add(key, partition);
            _added.Add(partition);
        }

        return partition;
    }

    public void Clear()
    {
        _byKey.Clear();
        _ordered = [];
        _added = [];
    }

    /// <summary>Forgets what rows hold of a column that was dropped.</summary>
    public void Forget(int slot)
    {
        foreach (var partition in _byKey.Values)
        {
            partition.Static.Forget(slot);
            foreach (var row in partition.Rows)
            {
                row.Forget(slot);
            }
        }
    }

    private void MergeAdded()
    {
        if (_added.Count == 0)
        {
            return;
        }

        _added.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        var merged = new List<Partition>(_ordered.Count + _added.Count);
        var (old, young) = (0, 0);
        while (old < _ordered.Count || young < _added.Count)
        {
            var takeOld = young == _added.Count || (old < _ordered.Count && _ordered[old].Key.CompareTo(_added[young].Key) < 0);
            merged.Add(takeOld ? _ordered[old++] : _added[young++]);
        }

        _ordered = merged;
        _added = [];
    }
}
