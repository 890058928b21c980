using System.Collections.Immutable;
using System.Net;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// Which rows are believed: one candidate per host id, whatever the order of the rows. A row that cannot be used costs one
/// warning and nothing else; a node that is known and whose row is unusable stays as it is.
/// </summary>
internal static class NodeRowRules
{
    /// <summary>The rows of one refresh, by host id.</summary>
    public static RowReading Read(ControlState state, StepDraft step, NodesRead input, NodeEndpoint? controlEndpoint)
    {
        var reading = new RowReading(state, step);
        if (input is { Local: { } local, IsWhole: false })
        {
            Take(reading, local, isLocal: true, controlEndpoint);
        }

        foreach (var row in input.Peers)
        {
            Take(reading, row, isLocal: false, controlEndpoint);
        }

        return reading;
    }

    private static void Take(RowReading reading, NodeRow row, bool isLocal, NodeEndpoint? controlEndpoint)
    {
        if (row.HostId is not { } id || id == Guid.Empty)
        {
            reading.Warn(Log.RowIgnored, $"{row.Table} {row.Address}", row.ToString(), "it has no host_id");
            return;
        }

        if (row.UnknownState is { } word)
        {
            reading.Warn(Log.StateUnknown, $"{row.Table} {id}", row.ToString(), word);
        }

        if (DirectoryStates.IsOver(reading.Metadata, row))
        {
            return;
        }

        var hostId = new HostId(id);
        var endpoint = EndpointOf(reading, row, isLocal, controlEndpoint);
        if (endpoint is null)
        {
            reading.Mention(hostId);
            return;
        }

        reading.Offer(new NodeCandidate(hostId, endpoint, row, isLocal));
    }

    private static NodeEndpoint? EndpointOf(RowReading reading, NodeRow row, bool isLocal, NodeEndpoint? controlEndpoint)
    {
        if (row.Endpoint is not null)
        {
            return row.Endpoint;
        }

        if (row.Port is < 1 or > IPEndPoint.MaxPort)
        {
            reading.Warn(Log.RowIgnored, $"{row.Table} {row.HostId}", row.ToString(), $"its port is {row.Port}");
            return null;
        }

        if (isLocal && !reading.Defends(Race.ContactPoints))
        {
            return controlEndpoint;
        }

        if (row.Address is { } address && !IsAny(address))
        {
            return new NodeEndpoint(address, row.Port);
        }

        if (isLocal)
        {
            // The node that answers is reached: its own row may leave out how.
            return row.PeerAddress is { } own && !IsAny(own) ? new NodeEndpoint(own, row.Port) : controlEndpoint;
        }

        if (row.Address is null || row.PeerAddress is null || IsAny(row.PeerAddress))
        {
            reading.Warn(Log.RowIgnored, $"{row.Table} {row.HostId}", row.ToString(), "it has no usable address");
            return null;
        }

        reading.Warn(Log.AddressMissing, $"{row.Table} {row.HostId}", row.ToString(), $"its address for clients is {row.Address}; {row.PeerAddress} is taken");
        return new NodeEndpoint(row.PeerAddress, row.Port);
    }

    public static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}

/// <summary>A node as one row offers it. Without a row: a known node that is kept as it is.</summary>
internal sealed record NodeCandidate(HostId HostId, NodeEndpoint? Endpoint, NodeRow? Row, bool IsLocal);

/// <summary>Collects the candidates of one refresh, and the warnings that it gives. Lives within one step.</summary>
internal sealed class RowReading(ControlState state, StepDraft step)
{
    private readonly SortedDictionary<HostId, NodeCandidate> _candidates = [];
    private readonly SortedSet<HostId> _mentioned = [];
    private readonly SortedSet<string> _warned = new(StringComparer.Ordinal);

    /// <summary>One candidate per host id, ascending.</summary>
    public SortedDictionary<HostId, NodeCandidate> Candidates => _candidates;

    /// <summary>The warnings that still hold, so that the next refresh does not repeat them.</summary>
    public ImmutableSortedSet<string> Warned => _warned.ToImmutableSortedSet(StringComparer.Ordinal);

    public bool HasTokenOwner => _candidates.Values.Any(candidate => candidate.Row is { HasTokens: true });

    public bool Defends(Race race) => step.Defends(race);

    public Metadata Metadata => state.Metadata;

    public void Mention(HostId hostId) => _mentioned.Add(hostId);

    public bool IsMentioned(HostId hostId) => _mentioned.Contains(hostId);

    /// <summary>Of two rows with one host id the better one stays, in an order that has nothing to do with theirs.</summary>
    public void Offer(NodeCandidate candidate)
    {
        if (!_candidates.TryGetValue(candidate.HostId, out var other))
        {
            _candidates.Add(candidate.HostId, candidate);
            return;
        }

        if (!other.Endpoint!.Equals(candidate.Endpoint))
        {
            var (first, second) = Compare(other.Endpoint, candidate.Endpoint!) < 0 ? (other.Endpoint, candidate.Endpoint) : (candidate.Endpoint, other.Endpoint);
            Warn(Log.DuplicateHostId, $"{candidate.HostId} {first} {second}", candidate.HostId.ToString(), $"it is listed at {first} and at {second}");
        }

        _candidates[candidate.HostId] = IsBetter(candidate, other) ? candidate : other;
    }

    public void Warn(NoticeMessage message, string key, string subject, string detail)
    {
        key = $"{key} {detail}";
        if (_warned.Add(key) && !state.Warned.Contains(key))
        {
            step.Report(message, subject, detail);
        }
    }

    /// <summary>The node's own row; then the endpoint that it has; then the smallest address. A connection that is open is to the endpoint that it has.</summary>
    private bool IsBetter(NodeCandidate one, NodeCandidate other)
    {
        if (one.IsLocal != other.IsLocal)
        {
            return one.IsLocal;
        }

        var incumbent = state.Metadata.TryGetNode(one.HostId, out var node) ? node.Endpoint : null;
        var isIncumbent = one.Endpoint!.Equals(incumbent);
        if (isIncumbent != other.Endpoint!.Equals(incumbent))
        {
            return isIncumbent;
        }

        var order = Compare(one.Endpoint, other.Endpoint);
        return order != 0 ? order < 0 : string.CompareOrdinal(one.Row?.Table, other.Row?.Table) < 0;
    }

    private static int Compare(NodeEndpoint one, NodeEndpoint other)
    {
        var left = one.Address?.GetAddressBytes() ?? [];
        var right = other.Address?.GetAddressBytes() ?? [];
        var order = left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.AsSpan().SequenceCompareTo(right);
        order = order != 0 ? order : string.CompareOrdinal(one.Host, other.Host);
        return order != 0 ? order : one.Port.CompareTo(other.Port);
    }
}
