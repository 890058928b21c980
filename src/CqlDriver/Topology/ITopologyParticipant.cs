using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// A session's part in the loop's step. Within a step it first decides (pure: it returns what it wants, and adds effects to
/// the step's draft), then prepares what depends on the final snapshot (pure too), and only when every participant has done
/// so and the changes are in the log, it publishes, which must not fail.
/// </summary>
internal interface ITopologyParticipant
{
    /// <summary>Its number; tickets name it as their owner.</summary>
    int Id { get; }

    ParticipantDecision Decide(TopologyStep step);

    ParticipantDecision Prepare(ParticipantDecision decision, Metadata next, StepDraft draft);

    void Publish(ParticipantDecision decision);
}

/// <summary>What a participant sees of a step.</summary>
/// <param name="Input">What happened.</param>
/// <param name="Changes">What was decided about the cluster; parts of batches one by one.</param>
/// <param name="Metadata">The snapshot with these changes.</param>
/// <param name="Draft">Takes effects, gives numbers.</param>
internal sealed record TopologyStep(TopologyInput Input, ImmutableArray<TopologyChange> Changes, Metadata Metadata, StepDraft Draft);

/// <summary>What a participant wants. Its own kind of decision derives from this.</summary>
internal abstract record ParticipantDecision
{
    /// <summary>How its connections to nodes changed.</summary>
    public ImmutableArray<HealthDelta> Health { get; init; } = [];

    /// <summary>How far it is with handovers, where that changed.</summary>
    public ImmutableArray<HandoverReport> Handovers { get; init; } = [];

    /// <summary>How its connections through client routes changed.</summary>
    public ImmutableArray<RouteUse> Routes { get; init; } = [];

    /// <summary>It is closed and nothing is owed to it: the loop forgets it.</summary>
    public bool HasEnded { get; init; }
}

/// <summary>By how much one session's connections to one life of a node changed.</summary>
internal readonly record struct HealthDelta(HostId HostId, long Generation, int Open, int Reconnecting, int Wanted);
