namespace CqlDriver.Testing.Server;

/// <summary>
/// The shards of a node and which of them serves a connection: on the shard-aware port the client's port says it, on the plain
/// one the shard with the fewest connections takes it. Another number of shards is another layout; connections keep theirs.
/// </summary>
internal sealed class ShardLayout(int count, int ignoreMsb)
{
    // A lock: looking for the shard with the fewest connections and counting there are one step.
    private readonly Lock _gate = new();
    private readonly int[] _connections = new int[count];

    public int Count => _connections.Length;

    public int IgnoreMsb => ignoreMsb;

    /// <summary>A shard for a connection.</summary>
    /// <param name="sourcePort">The client's port as the node sees it, on the shard-aware port; null on the plain one.</param>
    public ShardAssignment Assign(int? sourcePort)
    {
        lock (_gate)
        {
            var shard = sourcePort is { } port ? port % Count : Array.IndexOf(_connections, _connections.Min());
            _connections[shard]++;
            return new ShardAssignment(this, shard);
        }
    }

    public void Release(int shard)
    {
        lock (_gate)
        {
            _connections[shard]--;
        }
    }
}

/// <summary>The shard that serves a connection, of the shards that the node had when it was opened.</summary>
internal sealed record ShardAssignment(ShardLayout Layout, int Shard)
{
    public void Release() => Layout.Release(Shard);
}
