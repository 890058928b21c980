using System.Diagnostics;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>Waits for something a real server does in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static Task TrueAsync(string what, TimeSpan limit, Func<bool> condition) => TrueAsync(what, limit, () => Task.FromResult(condition()));

    public static async Task TrueAsync(string what, TimeSpan limit, Func<Task<bool>> condition)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"Not within {limit}: {what}.");
            }

            await timer.WaitForNextTickAsync();
        }
    }
}
