namespace CqlDriver.SimulationTests;

/// <summary>One run of a node's server at one address, from its start to its death. It keeps its sockets until then.</summary>
internal sealed class SimulatedProcess(int incarnation, HostId hostId, int address, int shards, int seenVersion)
{
    private readonly List<HostId> _identities = [hostId];

    public int Incarnation { get; } = incarnation;

    /// <summary>Who it says it is.</summary>
    public HostId HostId => _identities[^1];

    public int Address { get; } = address;

    public int Shards { get; } = shards;

    public bool IsAlive { get; set; } = true;

    /// <summary>The newest membership that it has shown: what it shows never goes back.</summary>
    public int SeenVersion { get; set; } = seenVersion;

    /// <summary>The newest client routes that it has shown.</summary>
    public int SeenRoutes { get; set; }

    public List<SimulatedConnection> Connections { get; } = [];

    /// <summary>A live process is given another identity.</summary>
    public void Rename(HostId hostId) => _identities.Add(hostId);

    /// <summary>Whether it is, or was, that node.</summary>
    public bool HasBeen(HostId hostId) => _identities.Contains(hostId);

    public override string ToString() => $"process {Incarnation} of {Names.Short(HostId)} at {Address}";
}
