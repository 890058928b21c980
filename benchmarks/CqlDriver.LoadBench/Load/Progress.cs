namespace CqlDriver.LoadBench.Load;

/// <summary>Waits for a load to end as long as it gets on.</summary>
internal static class Progress
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task WaitAsync(Task load, Func<long> done)
    {
        for (var before = done(); !load.IsCompleted; before = done())
        {
            await Task.WhenAny(load, Task.Delay(Patience));
            if (!load.IsCompleted && done() == before)
            {
                throw new LoadFailure($"Nothing was answered for {Patience.TotalSeconds} s after {before} operations.");
            }
        }

        await load;
    }
}
