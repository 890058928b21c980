using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>A node as the cluster's own administration knows it: the truth.</summary>
internal sealed class Member(HostId hostId, int address, long token, int shards)
{
    public HostId HostId { get; set; } = hostId;

    public int Address { get; set; } = address;

    public long Token { get; } = token;

    public int Shards { get; set; } = shards;

    public int Version { get; set; } = 1;

    /// <summary>Null: it does not run.</summary>
    public SimulatedProcess? Process { get; set; }

    public override string ToString() => $"{Names.Short(HostId)}@{Address}{(Process is null ? " (down)" : "")}";
}

/// <summary>A node in one state of the membership; what tables show of it. Immutable.</summary>
internal sealed class MemberRow(HostId hostId, int address, long token, int version)
{
    private NodeRow? _peer;
    private NodeRow? _local;

    public HostId HostId { get; } = hostId;

    public int Address { get; } = address;

    public NodeRow Peer => _peer ??= Row("system.peers_v2");

    public NodeRow Local => _local ??= Row("system.local");

    public bool Shows(Member member) =>
        HostId == member.HostId && Address == member.Address && token == member.Token && version == member.Version;

    private NodeRow Row(string table) => new(table, 0)
    {
        HostId = HostId.Value,
        Address = Names.Endpoint(Address).Address,
        PeerAddress = Names.Endpoint(Address).Address,
        Port = Names.Endpoint(Address).Port,
        Datacenter = "dc1",
        Rack = "r1",
        Tokens = [new Token(token)],
        HasTokens = true,
        ReleaseVersion = $"5.0.{version}",
        ClusterName = "simulated",
    };
}

/// <summary>The membership at one moment.</summary>
internal sealed class Membership(ImmutableArray<MemberRow> rows)
{
    public ImmutableArray<MemberRow> Rows { get; } = rows;

    public MemberRow? Find(HostId hostId)
    {
        foreach (var row in Rows)
        {
            if (row.HostId == hostId)
            {
                return row;
            }
        }

        return null;
    }
}
