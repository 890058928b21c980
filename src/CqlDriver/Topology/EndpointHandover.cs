using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>
/// A node's traffic on its way to another endpoint, as the rules remember it. It begins with good evidence, ends completed or
/// aborted, and there is one at a time for each host id. Immutable.
/// </summary>
/// <param name="Checkpoint">Its phase, as the log has it.</param>
/// <param name="Deadline">When it takes over as it is, or is given up.</param>
internal sealed record EndpointHandover(HandoverCheckpoint Checkpoint, TimeSpan Deadline)
{
    public HostId HostId => Checkpoint.HostId;

    public long Id => Checkpoint.Handover;

    public HandoverPhase Phase => Checkpoint.Phase;

    /// <summary>Whether the new endpoint has not taken over yet.</summary>
    public bool IsBeforeCutOver => Phase is (HandoverPhase.Open or HandoverPhase.CatchUp);

    /// <summary>The first connection whose peer named the expected host id; no catching up without one.</summary>
    public ConnectionId? Anchor { get; init; }

    /// <summary>What each session that takes part has told last.</summary>
    public ImmutableSortedDictionary<int, HandoverProgress> Sessions { get; init; } = ImmutableSortedDictionary<int, HandoverProgress>.Empty;

    /// <summary>Nothing works at the old endpoint any more: whatever works at the new one is better.</summary>
    public bool IsOldDead => Sessions.Values.All(static session => session.OldOpen == 0);

    public int Open => Sessions.Values.Sum(static session => session.Open);

    public int Wanted => Sessions.Values.Sum(static session => session.Wanted);

    /// <summary>The oldest connection to the new endpoint that is open.</summary>
    public ConnectionId? Oldest => Sessions.Values.Select(static session => session.Oldest).Where(static id => id is not null).Min();

    /// <summary>
    /// How long requests would wait if it took over now: what is still to be done before the first of them is answered.
    /// Null: nobody knows.
    /// </summary>
    public TimeSpan? EstimatedPause
    {
        get
        {
            var longest = TimeSpan.Zero;
            foreach (var session in Sessions.Values)
            {
                var roundTrips = session.StatementsLeft + Math.Min(1, session.Behind);
                if (roundTrips is null || (roundTrips > 0 && session.RoundTrip is null))
                {
                    return null;
                }

                var pause = (session.RoundTrip ?? TimeSpan.Zero) * roundTrips.Value;
                longest = pause > longest ? pause : longest;
            }

            return longest;
        }
    }
}

/// <summary>How far one session is with one handover. What is unknown is null, and never counts as ready.</summary>
internal sealed record HandoverProgress
{
    /// <summary>Verified connections to the new endpoint.</summary>
    public int Open { get; init; }

    /// <summary>How many there are to be.</summary>
    public int Wanted { get; init; }

    /// <summary>Each place has its connection, or has been tried often enough.</summary>
    public bool IsFull { get; init; }

    /// <summary>The oldest of them.</summary>
    public ConnectionId? Oldest { get; init; }

    /// <summary>Connections that are not at the session's keyspace.</summary>
    public int Behind { get; init; }

    /// <summary>Statements that are used much and not prepared there yet.</summary>
    public int? StatementsLeft { get; init; }

    /// <summary>How long preparing one took.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>How the node shards at the new endpoint; meaningful when a connection is open.</summary>
    public NodeSharding? Sharding { get; init; }

    /// <summary>Connections to the old endpoint.</summary>
    public int OldOpen { get; init; }

    /// <summary>Connections to the old endpoint that finish what was written on them.</summary>
    public int Draining { get; init; }

    public bool IsReady => Open > 0 && IsFull && Behind == 0 && StatementsLeft == 0;
}

/// <summary>What a session tells of a handover; no progress: it takes no part any more.</summary>
internal readonly record struct HandoverReport(int Session, HostId HostId, long Handover, HandoverProgress? Progress);

/// <summary>A node is said to be at another endpoint, and that is not followed, or not yet.</summary>
/// <param name="Endpoint">Where it is said to be.</param>
/// <param name="Attempt">How often it was tried in vain.</param>
internal sealed record EndpointClaim(NodeEndpoint Endpoint, int Attempt);

/// <summary>
/// Somebody unknown is said to be at the endpoint of a node to which connections are open: either it was replaced and they
/// are about to break, or it is the same process with another host id.
/// </summary>
/// <param name="Generation">The life of the node that it is about.</param>
/// <param name="Newcomer">The node as it is to join, if it is another one.</param>
/// <param name="Denials">How often the node said over such a connection that it is who it was.</param>
/// <param name="IsSame">What it has told this time: it is the newcomer (true), or who it was (false).</param>
internal sealed record IdentityDoubt(long Generation, Node Newcomer, int Denials, bool? IsSame);
