namespace CqlDriver.Topology;

/// <summary>Something that a rule noticed and an operator may want to read. Each kind is one log message.</summary>
internal enum TopologyNoticeKind
{
    RowIgnored,
    AddressMissing,
    DuplicateHostId,
    AddressContested,
    PolicyFailed,
    ContactFailed,
    RefreshFailed,
    ControlConnected,
    ControlLost,
    DatacenterInferred,
    NodeUnreachable,
    WrongNode,
    RemovalUnconfirmed,
    KeyspaceNotSet,
    EndpointUnverified,
    TakeOverRefused,
    TicketExpired,
}

/// <param name="Kind">Which message.</param>
/// <param name="Subject">The node, row or endpoint it is about.</param>
/// <param name="Detail">What is to be said of it.</param>
internal sealed record TopologyNotice(TopologyNoticeKind Kind, string Subject, string Detail);
