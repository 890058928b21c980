using System.Collections.Immutable;
using System.Net;

namespace CqlDriver.Protocol;

/// <summary>What a server tells unasked, on stream -1 (v5, section 4.2.6). A closed family.</summary>
internal abstract record CqlEvent
{
    private protected CqlEvent()
    {
    }
}

internal enum TopologyChangeKind
{
    Unknown,
    NewNode,
    RemovedNode,
    MovedNode,
}

/// <summary>A node came, went or moved, says gossip. A hint: the address names no node.</summary>
internal sealed record TopologyChangeEvent(TopologyChangeKind Change, IPEndPoint Address) : CqlEvent;

internal enum StatusChangeKind
{
    Unknown,
    Up,
    Down,
}

/// <summary>A node came up or went down, says gossip. A hint: the address names no node.</summary>
internal sealed record StatusChangeEvent(StatusChangeKind Change, IPEndPoint Address) : CqlEvent;

internal sealed record SchemaChangeEvent(SchemaChange Change) : CqlEvent;

/// <summary>ScyllaDB: rows of the table of client routes changed. The lists are parallel when they are well-formed; the receiver judges that.</summary>
internal sealed record ClientRoutesChangeEvent(string Change, ImmutableArray<string> ConnectionIds, ImmutableArray<string> HostIds) : CqlEvent
{
    public const string UpdateNodes = "UPDATE_NODES";

    /// <summary>In place of one whose bytes make no lists.</summary>
    public static ClientRoutesChangeEvent Unreadable { get; } = new("", [], []);
}

/// <summary>An event of a type that this driver does not know, and so never asked for.</summary>
internal sealed record UnknownEvent(string Type) : CqlEvent;
