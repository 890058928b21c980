using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>What a kind of world has beside nodes: what happens there, which effects are for it, and what must hold of it.</summary>
internal abstract class WorldPart(SimulationWorld world)
{
    protected SimulationWorld World { get; } = world;

    public static WorldPart? Of(SimulationWorld world, WorldKind kind) => kind switch
    {
        WorldKind.Tablets => new TabletPart(world),
        WorldKind.Routes => new RoutePart(world),
        WorldKind.Log => new LogPart(world),
        _ => null,
    };

    /// <summary>What the driver is told before it begins.</summary>
    public abstract TopologySettings Configure(TopologySettings settings);

    /// <summary>Something happens.</summary>
    public abstract void Act();

    /// <summary>Faults stop.</summary>
    public abstract void Heal();

    /// <summary>After a step of the world: what must always hold.</summary>
    public abstract void Check();

    /// <summary>After faults have stopped, and time has passed: what must have come true.</summary>
    public virtual void CheckWell()
    {
    }

    /// <summary>An effect that is this part's affair; null: it is not.</summary>
    public virtual WorldItem? ItemFor(TicketedEffect effect) => null;

    /// <summary>The membership has changed.</summary>
    public virtual void OnPublished(Membership? before, Membership now)
    {
    }

    /// <summary>Something is dialled.</summary>
    public virtual void OnDial(EffectTicket ticket, NodeEndpoint endpoint)
    {
    }

    /// <summary>The loop is about to take an input.</summary>
    public virtual void Before(TopologyInput input)
    {
    }

    /// <summary>The loop has taken an input.</summary>
    public virtual void After(TopologyInput input)
    {
    }

    protected int Choose(int n) => World.Choose(ChoicePoint.PartDetail, n);

    protected HostId PickMember() => World.Cluster.Members[World.Choose(ChoicePoint.Member, World.Cluster.Members.Count)].HostId;

    /// <summary>Does one of several things.</summary>
    protected void ActOne(ReadOnlySpan<Action> kinds)
    {
        var kind = kinds[World.Choose(ChoicePoint.PartAction, kinds.Length)];
        World.Describe($"world: {kind.Method.Name}");
        kind();
    }
}

/// <summary>An input that is on its way to the loop.</summary>
internal sealed class InputItem(Func<TopologyInput> input) : WorldItem
{
    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        world.Deliver(input() with { At = world.Now });
    }

    public override string ToString() => "an input arrives";
}
