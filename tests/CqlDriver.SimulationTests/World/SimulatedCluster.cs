using System.Collections.Immutable;
using CqlDriver.Protocol;

namespace CqlDriver.SimulationTests;

/// <summary>How a client gets on with an address.</summary>
internal enum PathState
{
    Open,

    /// <summary>New connections are refused, those that are there live on.</summary>
    Refusing,

    /// <summary>Nothing passes, and nobody is told.</summary>
    Cut,
}

/// <summary>
/// The truth about the cluster: who is a member, where it runs, what each address leads to. An address belongs to one process
/// at a time. Every change of the membership is a new version, which each process shows when it has heard of it.
/// </summary>
internal sealed class SimulatedCluster(SimulationWorld world)
{
    public const int AddressCount = 7;
    private const int MostMembers = 5;
    private const int MostIds = 200;

    private readonly SimulatedProcess?[] _byAddress = new SimulatedProcess?[AddressCount];
    private readonly PathState[] _paths = new PathState[AddressCount];
    private readonly List<Membership> _history = [];
    private int _lastIncarnation;
    private int _lastId = -1;

    public List<Member> Members { get; } = [];

    /// <summary>Host ids of nodes that left.</summary>
    public List<HostId> Gone { get; } = [];

    public int NewestVersion => _history.Count - 1;

    public Membership Newest => _history[^1];

    public bool MayGrow => Members.Count < MostMembers && _lastId < MostIds;

    public bool MayRename => _lastId < MostIds;

    public Membership At(int version) => _history[version];

    public SimulatedProcess? ProcessAt(int address) => (uint)address < AddressCount ? _byAddress[address] : null;

    /// <summary>What is no address of the cluster leads nowhere.</summary>
    public PathState PathTo(int address) => (uint)address < AddressCount ? _paths[address] : PathState.Refusing;

    public void SetPath(int address, PathState state) => _paths[address] = state;

    public void Begin(int nodes, int shards)
    {
        for (var i = 0; i < nodes; i++)
        {
            Members.Add(new Member(NewId(), i, i * 1_000, shards));
        }

        Publish();
        foreach (var member in Members)
        {
            Start(member);
        }
    }

    /// <summary>Starts a member's process where nobody else runs.</summary>
    public bool Start(Member member)
    {
        if (member.Process is not null || _byAddress[member.Address] is not null)
        {
            return false;
        }

        var process = new SimulatedProcess(++_lastIncarnation, member.HostId, member.Address, member.Shards, NewestVersion);
        member.Process = process;
        _byAddress[member.Address] = process;
        world.Network.Announce(new StatusChangeEvent(StatusChangeKind.Up, Names.Address(member.Address)));
        return true;
    }

    /// <summary>Ends a member's process, and its sockets with it.</summary>
    public void Kill(Member member)
    {
        if (member.Process is not { } process)
        {
            return;
        }

        process.IsAlive = false;
        member.Process = null;
        _byAddress[process.Address] = null;
        world.Network.OnDeath(process);
        world.Network.Announce(new StatusChangeEvent(StatusChangeKind.Down, Names.Address(process.Address)));
    }

    public void Add(HostId hostId, int address, int shards)
    {
        var member = new Member(hostId, address, (_lastId * 1_000) + 7, shards);
        Members.Add(member);
        Gone.Remove(hostId);
        Publish();
        world.Network.Announce(new TopologyChangeEvent(TopologyChangeKind.NewNode, Names.Address(address)));
        Start(member);
    }

    public void Remove(Member member)
    {
        Kill(member);
        Members.Remove(member);
        Gone.Add(member.HostId);
        Publish();
        world.Network.Announce(new TopologyChangeEvent(TopologyChangeKind.RemovedNode, Names.Address(member.Address)));
    }

    /// <summary>Everything of it changed at once becomes known as one new version.</summary>
    public void Publish()
    {
        var rows = ImmutableArray.CreateBuilder<MemberRow>(Members.Count);
        var before = _history.Count > 0 ? Newest : null;
        foreach (var member in Members)
        {
            var same = before?.Find(member.HostId);
            rows.Add(same?.Shows(member) == true ? same : new MemberRow(member.HostId, member.Address, member.Token, member.Version));
        }

        _history.Add(new Membership(rows.MoveToImmutable()));
        world.Part?.OnPublished(before, Newest);
    }

    public HostId NewId() => Names.Id(++_lastId);

    /// <summary>An address where no process runs; −1 when there is none.</summary>
    public int FreeAddress(int from)
    {
        for (var i = 0; i < AddressCount; i++)
        {
            var address = (from + i) % AddressCount;
            if (_byAddress[address] is null)
            {
                return address;
            }
        }

        return -1;
    }

    public Member? MemberOf(SimulatedProcess process)
    {
        foreach (var member in Members)
        {
            if (ReferenceEquals(member.Process, process))
            {
                return member;
            }
        }

        return null;
    }
}
