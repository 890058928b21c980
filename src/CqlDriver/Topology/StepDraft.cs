using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Diagnostics;

namespace CqlDriver.Topology;

/// <summary>
/// What one step is going to do: changes and effects as the rules add them, and the numbers they draw. It belongs to one
/// step; when the step fails, it is thrown away and nothing has happened. Numbers continue those of the state, so the same
/// inputs draw the same ones.
/// </summary>
internal sealed class StepDraft
{
    private readonly List<TopologyChange> _changes = [];
    private readonly List<TopologyEffect> _effects = [];
    private readonly List<TopologyInput> _followUps = [];
    private long _appliedIndex;

    public StepDraft(TopologySettings settings, ControlState state, TimeSpan now)
    {
        Settings = settings;
        Now = now;
        LastId = state.LastId;
        LastGeneration = state.LastGeneration;
        RandomState = state.RandomState;
        Routes = state.Routes;
        _appliedIndex = state.Metadata.AppliedIndex;
    }

    public TopologySettings Settings { get; }

    /// <summary>Whether a race is defended against: always, but in a simulation that shows what happens otherwise.</summary>
    public bool Defends(Race race) => Settings.Defences.Against(race);

    /// <summary>The time of the step, since the loop began.</summary>
    public TimeSpan Now { get; }

    public long LastId { get; private set; }

    public long LastGeneration { get; private set; }

    public ulong RandomState { get; private set; }

    /// <summary>How nodes are reached behind private connections; dials draw from it. Null: they are reached where they say.</summary>
    public ClientRouteState? Routes { get; set; }

    public IReadOnlyList<TopologyChange> Changes => _changes;

    public IReadOnlyList<TopologyEffect> Effects => _effects;

    /// <summary>Inputs that are taken right after this step, before any other.</summary>
    public IReadOnlyList<TopologyInput> FollowUps => _followUps;

    /// <summary>Adds a decision, with the next position.</summary>
    public void Change(TopologyChange change) => _changes.Add(Stamp(change, ++_appliedIndex));

    /// <summary>Adds several decisions that become true together.</summary>
    public void Change(ImmutableArray<TopologyChange> changes)
    {
        if (changes.Length == 1)
        {
            Change(changes[0]);
        }
        else if (changes.Length > 1)
        {
            Change(new ChangeBatch(changes));
        }
    }

    /// <summary>Adds an effect; effects are started in this order, after everything is published.</summary>
    public void Start(TopologyEffect effect) => _effects.Add(effect);

    /// <summary>Demands a step of its own for what depends on what the participants decide in this one.</summary>
    public void Follow(TopologyInput input) => _followUps.Add(input);

    public void Report(NoticeMessage message, string subject, string detail) => Start(new ReportNotice(message, subject, detail));

    /// <summary>One sequence for pools, connections and tickets, so that no two of them share a number.</summary>
    public long NextId() => ++LastId;

    public ConnectionId NextConnectionId() => new(NextId());

    public PoolId NextPoolId() => new(NextId());

    /// <summary>
    /// One sequence for all nodes: no generation repeats for a host id, not after it left and joined again, and nothing has
    /// to be remembered of those that left.
    /// </summary>
    public long NextGeneration() => ++LastGeneration;

    /// <summary>At least 0, less than 1 (SplitMix64).</summary>
    public double NextRandom()
    {
        RandomState += 0x9E37_79B9_7F4A_7C15;
        var mixed = RandomState;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>The delay before an attempt; a policy that throws or answers nonsense costs a short delay, not the step.</summary>
    public TimeSpan ReconnectionDelay(int attempt)
    {
        var fallback = TimeSpan.FromMilliseconds(100);
        var random = NextRandom();
        try
        {
            var delay = Settings.Outside.Delay(() => Settings.Reconnection.DelayBefore(Math.Max(1, attempt), random));
            return delay > TimeSpan.Zero ? (delay < Settings.LongestDelay ? delay : Settings.LongestDelay) : fallback;
        }
#pragma warning disable CA1031 // Whatever a user's policy throws: the node must still be tried again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Report(Log.PolicyFailed, Settings.Reconnection.GetType().Name, error.Message);
            return ExponentialReconnectionPolicy.Default.DelayBefore(attempt, random);
        }
    }

    private static TopologyChange Stamp(TopologyChange change, long index) =>
        change is ChangeBatch batch
            ? batch with { Index = index, Changes = [.. batch.Changes.Select(part => Stamp(part, index))] }
            : change with { Index = index };
}
