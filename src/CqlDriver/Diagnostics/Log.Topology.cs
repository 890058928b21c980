using Microsoft.Extensions.Logging;

namespace CqlDriver.Diagnostics;

/// <summary>Log messages of the topology: event ids 2000 to 2099.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Critical, "A step of the topology failed on {Input}: nothing of it was applied, the last good view serves on, and the cluster is read anew.")]
    public static partial void TopologyFault(ILogger logger, string input, Exception exception);

    [LoggerMessage(2001, LogLevel.Information, "Node {Node} is {Status}: {Reason}.")]
    public static partial void NodeUp(ILogger logger, string node, string status, string reason);

    [LoggerMessage(2002, LogLevel.Warning, "Node {Node} is {Status}: {Reason}.")]
    public static partial void NodeDown(ILogger logger, string node, string status, string reason);

    [LoggerMessage(2003, LogLevel.Information, "Node {Node} joined, datacenter {Datacenter}, {State}.")]
    public static partial void NodeJoined(ILogger logger, string node, string? datacenter, string state);

    [LoggerMessage(2004, LogLevel.Information, "Node {HostId} left.")]
    public static partial void NodeLeft(ILogger logger, HostId hostId);

    [LoggerMessage(2005, LogLevel.Information, "Node {HostId} moved from {From} to {To}.")]
    public static partial void NodeMoved(ILogger logger, HostId hostId, string? from, string? to);

    [LoggerMessage(2006, LogLevel.Information, "Node {Replaced} was replaced by {Node}.")]
    public static partial void NodeReplaced(ILogger logger, HostId replaced, string node);

    [LoggerMessage(2007, LogLevel.Information, "Node {Node} has {ShardCount} shards.")]
    public static partial void ShardingChanged(ILogger logger, string node, int? shardCount);

    [LoggerMessage(2008, LogLevel.Debug, "{Kind} is change {Index}.")]
    public static partial void TopologyChanged(ILogger logger, string kind, long index);

    [LoggerMessage(2020, LogLevel.Warning, "Ignored {Row}: {Reason}.")]
    public static partial void RowIgnored(ILogger logger, string row, string reason);

    [LoggerMessage(2021, LogLevel.Warning, "{Row} tells no address for clients: {Reason}.")]
    public static partial void AddressMissing(ILogger logger, string row, string reason);

    [LoggerMessage(2022, LogLevel.Warning, "Host id {HostId} is listed twice: {Where}. One of them is taken.")]
    public static partial void DuplicateHostId(ILogger logger, string hostId, string where);

    [LoggerMessage(2023, LogLevel.Warning, "Two nodes claim {Endpoint}: {Who}. One of them is used, the other one waits.")]
    public static partial void AddressContested(ILogger logger, string endpoint, string who);

    [LoggerMessage(2024, LogLevel.Warning, "Policy {Policy} threw ({Error}); the driver's default is used instead.")]
    public static partial void PolicyFailed(ILogger logger, string policy, string error);

    [LoggerMessage(2025, LogLevel.Warning, "No control connection through {Endpoint}: {Error}")]
    public static partial void ContactFailed(ILogger logger, string endpoint, string error);

    [LoggerMessage(2026, LogLevel.Warning, "The nodes could not be read from {Endpoint}: {Error}.")]
    public static partial void RefreshFailed(ILogger logger, string endpoint, string error);

    [LoggerMessage(2027, LogLevel.Information, "The control connection is to {Endpoint} ({Connection}).")]
    public static partial void ControlConnected(ILogger logger, string endpoint, string connection);

    [LoggerMessage(2028, LogLevel.Warning, "The control connection to {Endpoint} was lost: {Error}")]
    public static partial void ControlLost(ILogger logger, string endpoint, string error);

    [LoggerMessage(2029, LogLevel.Information, "The first node reached is in datacenter {Datacenter} ({Row}), which is the local one where none is configured.")]
    public static partial void DatacenterInferred(ILogger logger, string datacenter, string row);

    [LoggerMessage(2030, LogLevel.Warning, "Node {HostId} was dialled, node {Answered} answered; the connection is refused and the nodes are read anew.")]
    public static partial void WrongNode(ILogger logger, string hostId, string answered);

    [LoggerMessage(2031, LogLevel.Information, "Node {Node} stays until a second reading confirms that it left: {Reason}.")]
    public static partial void RemovalUnconfirmed(ILogger logger, string node, string reason);

    [LoggerMessage(2032, LogLevel.Error, "An effect of the topology ended with an exception.")]
    public static partial void EffectFailed(ILogger logger, Exception exception);

    [LoggerMessage(2033, LogLevel.Debug, "{Kind} for {Fence} came home too late and was dropped; {Standing} stands there now.")]
    public static partial void WorkDropped(ILogger logger, string kind, string? fence, string? standing);

    [LoggerMessage(2009, LogLevel.Information, "Node {Former} is {Node} now: the same process under another host id.")]
    public static partial void NodeReidentified(ILogger logger, HostId former, string node);

    [LoggerMessage(2010, LogLevel.Information, "Handover {Handover} of node {HostId} from {From} to {To}: {Phase}, attempt {Attempt}.")]
    public static partial void HandoverPhase(ILogger logger, long handover, HostId hostId, string? from, string to, string phase, int attempt);

    [LoggerMessage(2011, LogLevel.Warning, "Handover {Handover} of node {HostId} was given up: {Reason}.")]
    public static partial void HandoverAborted(ILogger logger, long handover, HostId hostId, string reason);

    [LoggerMessage(2012, LogLevel.Warning, "Handover {Handover} of node {HostId}: requests waited {Pause} for the new endpoint, which is over the budget of {Budget}.")]
    public static partial void HandoverPauseOverBudget(ILogger logger, long handover, HostId hostId, TimeSpan pause, TimeSpan budget);

    [LoggerMessage(2034, LogLevel.Warning, "Node {HostId} is said to be at another endpoint, but does not answer there: {Detail}. It stays where it is.")]
    public static partial void EndpointUnverified(ILogger logger, string hostId, string detail);

    [LoggerMessage(2035, LogLevel.Information, "The handover to {Subject} does not take over yet: {Detail}.")]
    public static partial void TakeOverRefused(ILogger logger, string subject, string detail);

    [LoggerMessage(2036, LogLevel.Error, "{Ticket} was not answered within {Limit}: it counts as failed.")]
    public static partial void TicketExpired(ILogger logger, string ticket, string limit);

    [LoggerMessage(2037, LogLevel.Warning, "The schema's {Row} could not be understood: {Reason}.")]
    public static partial void SchemaRowIgnored(ILogger logger, string row, string reason);

    [LoggerMessage(2038, LogLevel.Warning, "The schema could not be read from {Endpoint}, and is tried again: {Error}")]
    public static partial void SchemaReadFailed(ILogger logger, string endpoint, string error);

    [LoggerMessage(2040, LogLevel.Warning, "Entry {Position} of the committed log was not understood and is skipped: {Reason}.")]
    public static partial void EntryNotUnderstood(ILogger logger, string position, string reason);

    [LoggerMessage(2041, LogLevel.Critical, "{Source} cannot be believed: {Reason}. Nothing more of it is applied until it gives a snapshot; the last good view serves on.")]
    public static partial void SourceFault(ILogger logger, string source, string reason);

    [LoggerMessage(2042, LogLevel.Warning, "The cluster's version is {Version} now, unexpectedly: {Detail}.")]
    public static partial void ClusterVersionUnexpected(ILogger logger, string version, string detail);

    [LoggerMessage(2043, LogLevel.Warning, "Node {HostId} has no endpoint: {Detail}.")]
    public static partial void NodeWithoutEndpoint(ILogger logger, string hostId, string detail);

    [LoggerMessage(2044, LogLevel.Warning, "{Applier} did not take change {Index}; it is given a snapshot.")]
    public static partial void ApplierFailed(ILogger logger, string applier, long index, Exception error);
}
