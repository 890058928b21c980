using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>An effect under way. First it comes to its outcome, then the outcome travels to the loop: at once, or later.</summary>
internal abstract class AnsweringItem(EffectTicket ticket) : WorldItem
{
    private TopologyInput? _answer;

    public EffectTicket Ticket { get; } = ticket;

    /// <summary>The loop does not want it any more.</summary>
    protected bool IsCancelled { get; private set; }

    protected bool HasTimedOut { get; private set; }

    public sealed override void Run(SimulationWorld world)
    {
        if (_answer is null)
        {
            _answer = Work(world);
            if (_answer is null || world.Choose(ChoicePoint.Arrival, 2) == 1)
            {
                return;
            }
        }

        world.Remove(this);
        world.Deliver(_answer);
    }

    /// <summary>The loop does not want it any more. It need not wait for a limit then; it answers all the same.</summary>
    public void Cancel()
    {
        IsCancelled = true;
        ReadyAt = TimeSpan.Zero;
    }

    /// <summary>The outcome; null: not yet.</summary>
    protected abstract TopologyInput? Work(SimulationWorld world);

    /// <summary>No answer until a limit.</summary>
    protected TopologyInput? Hang(SimulationWorld world, TimeSpan limit)
    {
        HasTimedOut = true;
        ReadyAt = world.Now + limit;
        return null;
    }

    public override string ToString() => $"{Ticket}{(_answer is null ? "" : $" → {_answer.GetType().Name}")}";
}
