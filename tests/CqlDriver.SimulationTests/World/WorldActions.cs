using System.Diagnostics;

namespace CqlDriver.SimulationTests;

/// <summary>What happens to the cluster and the network.</summary>
internal sealed class WorldActions
{
    private readonly SimulationWorld _world;
    private readonly Action[] _kinds;

    /// <summary>How many kinds of things can happen to a cluster.</summary>
    public const int Count = 20;

    public WorldActions(SimulationWorld world)
    {
        _world = world;
        _kinds =
        [
            Heal, Start, Kill, RestartHere, RestartElsewhere, WipeHere, WipeElsewhere, Swap, Rotate, Add, Remove, ReAdd, Reidentify, Reshard,
            Refuse, Cut, ResetConnection, LoseConnection, Upgrade, TakeOver,
        ];
        Debug.Assert(_kinds.Length == Count, "Every kind is explored.");
    }

    private SimulatedCluster Cluster => _world.Cluster;

    public void Act()
    {
        var kind = _kinds[_world.Choose(ChoicePoint.WorldAction, _kinds.Length)];
        _world.Describe($"world: {kind.Method.Name}");
        kind();
    }

    /// <summary>The network is whole again, and whoever is a member runs.</summary>
    public void HealAll()
    {
        for (var address = 0; address < SimulatedCluster.AddressCount; address++)
        {
            Cluster.SetPath(address, PathState.Open);
        }

        foreach (var connection in _world.Network.Open)
        {
            if (!connection.IsLive)
            {
                _world.Network.Suspect(connection);
            }
        }

        foreach (var member in Cluster.Members.ToArray())
        {
            if (member.Process is null && Cluster.ProcessAt(member.Address) is not null)
            {
                member.Address = Cluster.FreeAddress(0);
                Cluster.Publish();
            }

            Cluster.Start(member);
        }

        foreach (var member in Cluster.Members)
        {
            member.Process!.SeenVersion = Cluster.NewestVersion;
        }

        _world.Part?.Heal();
    }

    private Member? Pick() => Cluster.Members.Count == 0 ? null : Cluster.Members[_world.Choose(ChoicePoint.Member, Cluster.Members.Count)];

    private int PickAddress() => _world.Choose(ChoicePoint.Address, SimulatedCluster.AddressCount);

    private void Heal() => Cluster.SetPath(PickAddress(), PathState.Open);

    private void Start()
    {
        if (Pick() is { } member)
        {
            Cluster.Start(member);
        }
    }

    private void Kill()
    {
        if (Pick() is { } member)
        {
            Cluster.Kill(member);
        }
    }

    private void RestartHere()
    {
        if (Pick() is { } member)
        {
            Cluster.Kill(member);
            Cluster.Start(member);
        }
    }

    private void RestartElsewhere()
    {
        if (Pick() is { } member && Cluster.FreeAddress(PickAddress()) is >= 0 and var address)
        {
            Cluster.Kill(member);
            MoveTo(member, address);
        }
    }

    /// <summary>A stopped node loses its address to one that is restarted there.</summary>
    private void TakeOver()
    {
        if (Pick() is { Process: null } stopped && Pick() is { } mover && !ReferenceEquals(stopped, mover) && Cluster.ProcessAt(stopped.Address) is null)
        {
            Cluster.Kill(mover);
            MoveTo(mover, stopped.Address);
        }
    }

    private void MoveTo(Member member, int address)
    {
        member.Address = address;
        Cluster.Publish();
        Cluster.Start(member);
    }

    /// <summary>Its data are gone: it comes back as another node.</summary>
    private void WipeHere() => Wipe(isHere: true);

    private void WipeElsewhere() => Wipe(isHere: false);

    private void Wipe(bool isHere)
    {
        if (!Cluster.MayRename || Pick() is not { } member)
        {
            return;
        }

        var address = isHere ? member.Address : Cluster.FreeAddress(PickAddress());
        Cluster.Kill(member);
        if (address < 0 || Cluster.ProcessAt(address) is not null)
        {
            return;
        }

        Cluster.Gone.Add(member.HostId);
        member.HostId = Cluster.NewId();
        MoveTo(member, address);
    }

    private void Swap()
    {
        if (Pick() is { } one && Pick() is { } other && !ReferenceEquals(one, other))
        {
            Exchange([one, other]);
        }
    }

    private void Rotate() => Exchange([.. Cluster.Members]);

    /// <summary>Each gets the address of the one before it, and all are restarted.</summary>
    private void Exchange(Member[] members)
    {
        if (members.Length < 2)
        {
            return;
        }

        foreach (var member in members)
        {
            Cluster.Kill(member);
        }

        var first = members[0].Address;
        for (var i = 0; i + 1 < members.Length; i++)
        {
            members[i].Address = members[i + 1].Address;
        }

        members[^1].Address = first;
        Cluster.Publish();
        foreach (var member in members)
        {
            Cluster.Start(member);
        }
    }

    private void Add()
    {
        if (Cluster.MayGrow && Cluster.FreeAddress(PickAddress()) is >= 0 and var address)
        {
            Cluster.Add(Cluster.NewId(), address, Cluster.Members.Count > 0 ? Cluster.Members[0].Shards : 0);
        }
    }

    private void Remove()
    {
        if (Cluster.Members.Count > 1 && Pick() is { } member)
        {
            Cluster.Remove(member);
        }
    }

    private void ReAdd()
    {
        if (Cluster.MayGrow && Cluster.Gone.Count > 0 && Cluster.FreeAddress(PickAddress()) is >= 0 and var address)
        {
            Cluster.Add(Cluster.Gone[^1], address, Cluster.Members.Count > 0 ? Cluster.Members[0].Shards : 0);
        }
    }

    /// <summary>All nodes get new host ids at once; their processes and connections stay.</summary>
    private void Reidentify()
    {
        if (!Cluster.MayRename)
        {
            return;
        }

        foreach (var member in Cluster.Members)
        {
            // The old ids are given up for ever: nobody joins with them.
            member.HostId = Cluster.NewId();
            if (member.Process is { } process)
            {
                process.Rename(member.HostId);
            }
        }

        Cluster.Publish();
    }

    /// <summary>Restarted with another number of cores.</summary>
    private void Reshard()
    {
        if (Pick() is { } member)
        {
            Cluster.Kill(member);
            member.Shards = member.Shards switch { 0 => 2, 2 => 3, 3 => 1, _ => 0 };
            Cluster.Start(member);
        }
    }

    private void Upgrade()
    {
        if (Pick() is { } member)
        {
            member.Version++;
            Cluster.Publish();
        }
    }

    private void Refuse() => Cluster.SetPath(PickAddress(), PathState.Refusing);

    private void Cut()
    {
        var address = PickAddress();
        Cluster.SetPath(address, PathState.Cut);
        if (Cluster.ProcessAt(address) is { } process)
        {
            _world.Network.OnCut(process);
        }
    }

    private void ResetConnection()
    {
        if (PickConnection() is { } connection)
        {
            _world.Network.ResetOne(connection);
        }
    }

    private void LoseConnection()
    {
        if (PickConnection() is { IsHalfOpen: false } connection)
        {
            connection.IsHalfOpen = true;
            _world.Network.Suspect(connection);
        }
    }

    private SimulatedConnection? PickConnection() =>
        _world.Network.Open.Count == 0 ? null : _world.Network.Open[_world.Choose(ChoicePoint.Connection, _world.Network.Open.Count)];
}
