using CqlDriver.LoadBench.Answerer;
using CqlDriver.LoadBench.Floor;
using CqlDriver.LoadBench.Load;

namespace CqlDriver.LoadBench;

/// <summary>
/// Does the floor send what the driver sends? Compares, as the answerer counted them, how many executions came and how long
/// their frames and the answers' were, for each operation and version, over several connections; what the driver reads is
/// verified on the way.
/// </summary>
internal static class FrameCheck
{
    private const int Operations = 2000;
    private const int Pages = 50;
    private const int Concurrency = 33;
    private const int Connections = 2;
    private const double AllowedBytes = 4;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        var isGood = true;
        using var answerer = AnswererProcess.Start(options);
        foreach (var version in new[] { ProtocolVersion.V4, ProtocolVersion.V5 })
        {
            var own = options with { Protocol = version, Connections = Connections };
            await using var session = await CqlSession.ConnectAsync(own.ForDriver(answerer.Port));
            var workload = await Workload.PrepareAsync(session, own.Keyspace, isReal: false);
            foreach (var operation in new[] { Operation.Insert, Operation.Select, Operation.Page, Operation.Mixed })
            {
                var count = operation == Operation.Page ? Pages : Operations;
                var start = answerer.Ask();
                new FloorClient(operation, version, answerer.Port, new LatencyHistogram()).Run(count, Concurrency, Connections);
                var floor = answerer.Ask() - start;
                await new ClosedLoad(workload, operation, new LatencyHistogram()).RunAsync(count, Concurrency);
                var driver = answerer.Ask() - start - floor;
                isGood &= Tell(operation, version, count, floor, driver);
            }
        }

        return isGood ? 0 : throw new LoadFailure("Floor and driver do not do the same; their figures cannot be compared.");
    }

    private static bool Tell(Operation operation, ProtocolVersion version, int count, AnswererCounts floor, AnswererCounts driver)
    {
        var isGood = floor.Executions == count && driver.Executions == count
            && Math.Abs(floor.RequestBytes - driver.RequestBytes) <= AllowedBytes * count
            && Math.Abs(floor.AnswerBytes - driver.AnswerBytes) <= AllowedBytes * count;
        Figure[] figures =
        [
            new("n", count, 0),
            new("floor_n", floor.Executions, 0),
            new("driver_n", driver.Executions, 0),
            new("floor_request_B", (double)floor.RequestBytes / count, 1),
            new("driver_request_B", (double)driver.RequestBytes / count, 1),
            new("floor_answer_B", (double)floor.AnswerBytes / count, 1),
            new("driver_answer_B", (double)driver.AnswerBytes / count, 1),
        ];
        Console.WriteLine($"check op={operation.ToString().ToLowerInvariant()} protocol={(int)version} {string.Join(' ', figures)} {(isGood ? "good" : "BAD")}");
        return isGood;
    }
}
