using CqlDriver.Connections;

namespace CqlDriver.SimulationTests;

internal sealed class WriteItem(SimulatedConnection connection) : WorldItem
{
    public override bool IsReady => connection.MayWrite || !connection.HasQueued;

    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        if (connection.HasQueued && !connection.HasEnded)
        {
            connection.WriteOne();
        }
    }

    public override string ToString() => $"the write loop of {connection}";
}

internal sealed class CompletionItem(ConnectionRequest request) : WorldItem
{
    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        request.Complete();
    }

    public override string ToString() => $"{request} is completed";
}

/// <summary>The process at the other end answers something that was written, in any order.</summary>
internal sealed class AnswerItem(SimulatedConnection connection) : WorldItem
{
    public override bool IsReady => connection.MayAnswer;

    public override void Run(SimulationWorld world)
    {
        if (connection.HasEnded || connection.Written.Count == 0)
        {
            connection.StopAnswering();
            world.Remove(this);
            return;
        }

        var at = world.Choose(ChoicePoint.Stream, connection.Written.Count);
        var (header, body) = world.Requests.AnswerTo(connection.Written[at].Of);
        connection.Answer(at, header, body);
    }

    public override string ToString() => $"an answer on {connection.Id}";
}

/// <summary>What a thread of the pool would run.</summary>
internal sealed class PostedItem(IThreadPoolWorkItem work) : WorldItem
{
    public override void Run(SimulationWorld world)
    {
        world.Remove(this);
        work.Execute();
    }

    public override string ToString() => "a request is told its end";
}
