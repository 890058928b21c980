namespace CqlDriver.Tests.Support;

/// <summary>Waits for a condition that another thread brings about, within a limit, and says what it waited for.</summary>
internal static class Eventually
{
    public static Task BecomesTrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) => BecomesTrueAsync(condition, () => what, limit);

    /// <param name="condition">What is waited for.</param>
    /// <param name="what">The same in words, with what is there instead when it was waited for in vain.</param>
    /// <param name="limit">How long.</param>
    public static async Task BecomesTrueAsync(Func<bool> condition, Func<string> what, TimeSpan? limit = null)
    {
        var until = TimeProvider.System.GetTimestamp() + ((long)(limit ?? TimeSpan.FromSeconds(30)).TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            if (TimeProvider.System.GetTimestamp() > until)
            {
                throw new TimeoutException($"Waited in vain until {what()}.");
            }

            await Task.Yield();
        }
    }
}
