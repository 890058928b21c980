using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>Ask the monitor for all nodes. Answered by <see cref="NodesRead"/> or <see cref="NodesReadFailed"/>.</summary>
internal sealed record ReadMonitor(EffectTicket Ticket) : TicketedEffect(Ticket);

/// <summary>Ask the monitor for one node. Answered by <see cref="NodeRead"/>.</summary>
internal sealed record ReadMonitorNode(EffectTicket Ticket, HostId HostId) : TicketedEffect(Ticket);

/// <summary>Read the monitor's suggestions until it is cancelled; of a committed log from a position on. Answered by <see cref="MonitorEnded"/>.</summary>
internal sealed record WatchMonitor(EffectTicket Ticket, CommittedLogStart Start) : TicketedEffect(Ticket);

/// <summary>A monitor's list has been taken in, and a control connection is wanted beside it. A follow-up.</summary>
internal sealed record NodesKnown : TopologyInput;

/// <summary>What a monitor says of one node. No row and no error: it knows none.</summary>
internal sealed record NodeRead(EffectTicket Ticket, NodeRow? Row, Exception? Error) : EffectAnswer(Ticket);

/// <summary>The stream of suggestions ended, by itself when there is no error.</summary>
internal sealed record MonitorEnded(EffectTicket Ticket, Exception? Error) : EffectAnswer(Ticket);

/// <summary>Suggestions of one stream, merged: at most one list, and of each node the last word of each kind.</summary>
internal sealed record SuggestionsTold(EffectTicket Stream) : TopologyInput
{
    public ImmutableArray<NodeRow> Nodes { get; init; } = [];

    /// <summary>Entries of a committed log, all of them, in their order.</summary>
    public ImmutableArray<TopologyLogEntry> Entries { get; init; } = [];

    public bool IsRefreshSuggested { get; init; }

    public bool IsSchemaSuggested { get; init; }

    /// <summary>Nodes declared up or down; null: not any more.</summary>
    public ImmutableArray<(HostId HostId, NodeStatus? Status)> Forced { get; init; } = [];

    /// <summary>Nodes said to be up, or down.</summary>
    public ImmutableArray<(HostId HostId, bool IsUp)> Hints { get; init; } = [];

    public ImmutableArray<HostId> Reads { get; init; } = [];

    /// <summary>The hints as sessions read them: by endpoint.</summary>
    public ImmutableArray<NodeHint> HintsIn(Metadata metadata) =>
    [
        .. Hints.Select(hint => (hint.IsUp, metadata.NodeOf(hint.HostId)?.Endpoint)).Where(static hint => hint.Endpoint is not null)
            .Select(static hint => new NodeHint(hint.IsUp ? NodeHintKind.Up : NodeHintKind.Down, hint.Endpoint!)),
    ];
}
