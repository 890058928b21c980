using System.Collections.Immutable;
using CqlDriver.Partitioning;

namespace CqlDriver.Topology;

/// <summary>
/// When the token rings are worked out: in the step in which nodes, tokens or replication change, when that is quick; else as an
/// effect, one at a time, while the rings that there are serve. Its answer counts whatever changed meanwhile, and the next one
/// begins with that.
/// </summary>
internal static class RingRules
{
    private static readonly EffectKey Key = new(EffectKind.BuildRings);

    /// <summary>Looks whether the rings are still those of the snapshot; after every step, so it is quick when nothing changed.</summary>
    public static ControlState Follow(ControlState state, Metadata metadata, StepDraft step)
    {
        if (state.Routing.IsOf(metadata) || state.IsShuttingDown)
        {
            return state;
        }

        var plan = RingPlan.Of(metadata);
        state = state with { Routing = state.Routing with { Nodes = metadata.Nodes, Schema = metadata.Schema } };
        if (plan.Equals(state.Routing.Plan) || state.Tickets.Find(Key) is not null)
        {
            // What changed while rings are built is looked at when they are there.
            return state;
        }

        state = state with { Routing = state.Routing with { Plan = plan } };
        if (plan.TokenCount <= RoutingTableOfRing.Big)
        {
            Replace(metadata, step, plan.Build());
            return state;
        }

        var tickets = state.Tickets.Issue(step, EffectTicket.Cluster, Key, null, out var ticket);
        step.Start(new BuildRings(ticket!, plan));
        return state with { Tickets = tickets };
    }

    public static ControlState OnBuilt(ControlState state, StepDraft step, RingsBuilt input)
    {
        state = state with { Tickets = FenceGate.Pass(state.Tickets, step, input.Ticket, null, out var isAdmitted) };
        if (!isAdmitted)
        {
            return state;
        }

        if (input.Rings is { } rings)
        {
            Replace(state.Metadata, step, rings);
        }

        // Looked at anew at the end of this step.
        return state with { Routing = state.Routing with { Nodes = default } };
    }

    private static void Replace(Metadata metadata, StepDraft step, ImmutableSortedDictionary<string, RoutingTable> rings)
    {
        if (!rings.IsEmpty || !metadata.Routing.Rings.IsEmpty)
        {
            step.Change(new RingsReplaced(rings));
        }
    }
}

/// <summary>What rings are made of: the nodes with tokens, and how keyspaces are replicated. Immutable; equal when the rings would be.</summary>
internal sealed record RingPlan(ImmutableArray<RingNode> Nodes, ImmutableArray<KeyspaceReplication> Keyspaces)
{
    private const string Murmur3 = "Murmur3Partitioner";

    public static RingPlan None { get; } = new([], []);

    /// <summary>How many tokens are walked through: those of the ring for each kind of replication.</summary>
    public int TokenCount => Nodes.Sum(static node => node.Tokens.Length) * Keyspaces.Select(static keyspace => keyspace.Replication).Distinct().Count();

    /// <summary>Nodes on their way in own nothing yet; another partitioner's tokens mean something else; tablets are no ring.</summary>
    public static RingPlan Of(Metadata metadata)
    {
        if (metadata.Partitioner?.EndsWith(Murmur3, StringComparison.Ordinal) == false)
        {
            return None;
        }

        var nodes = metadata.Nodes.Where(static node => node is { OwnsTokens: true, Tokens.IsEmpty: false, State: TopologyState.Normal or TopologyState.Draining });
        var keyspaces = metadata.Schema.Keyspaces.Values.Where(static keyspace => keyspace is { IsVirtual: false, UsesTablets: null or false });
        return new RingPlan(
            [.. nodes.Select(static node => new RingNode(node.HostId, node.Datacenter, node.Rack, node.Tokens))],
            [.. keyspaces.Select(static keyspace => new KeyspaceReplication(keyspace.Name, keyspace.ReplicationStrategy, keyspace.ReplicationOptions))]);
    }

    public ImmutableSortedDictionary<string, RoutingTable> Build()
    {
        var rings = RoutingMetadata.NoRings.ToBuilder();
        var known = new Dictionary<string, RoutingTable>(StringComparer.Ordinal);
        foreach (var keyspace in Keyspaces)
        {
            if (Nodes.IsEmpty || ReplicationStrategy.Of(keyspace.Strategy, keyspace.Options) is not { } strategy)
            {
                continue;
            }

            if (!known.TryGetValue(keyspace.Replication, out var table))
            {
                known.Add(keyspace.Replication, table = RoutingTableOfRing.Build(Nodes, strategy));
            }

            rings.Add(keyspace.Name, table);
        }

        return rings.ToImmutable();
    }

    public bool Equals(RingPlan? other) =>
        other is not null && Nodes.AsSpan().SequenceEqual(other.Nodes.AsSpan()) && Keyspaces.AsSpan().SequenceEqual(other.Keyspaces.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Nodes.Length, Keyspaces.Length);
}

/// <summary>How a keyspace is replicated.</summary>
internal sealed record KeyspaceReplication(string Name, string Strategy, ImmutableSortedDictionary<string, string> Options)
{
    /// <summary>The same text for the same replication.</summary>
    public string Replication { get; } = $"{Strategy}{string.Concat(Options.Select(static option => $"\n{option.Key}\t{option.Value}"))}";

    public bool Equals(KeyspaceReplication? other) => other is not null && Name == other.Name && Replication == other.Replication;

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Work out rings that are too big for a step. Answered by <see cref="RingsBuilt"/>.</summary>
internal sealed record BuildRings(EffectTicket Ticket, RingPlan Plan) : TicketedEffect(Ticket);

/// <param name="Ticket">The right to answer.</param>
/// <param name="Rings">The rings; null: they could not be built.</param>
internal sealed record RingsBuilt(EffectTicket Ticket, ImmutableSortedDictionary<string, RoutingTable>? Rings) : EffectAnswer(Ticket);
