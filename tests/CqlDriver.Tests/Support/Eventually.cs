namespace CqlDriver.Tests.Support;

/// <summary>Waits for a condition that another thread brings about, within a limit, and says what it waited for.</summary>
internal static class Eventually
{
    public static async Task BecomesTrueAsync(Func<bool> condition, string what, TimeSpan? limit = null)
    {
        var until = TimeProvider.System.GetTimestamp() + ((long)(limit ?? TimeSpan.FromSeconds(30)).TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            if (TimeProvider.System.GetTimestamp() > until)
            {
                throw new TimeoutException($"Waited in vain until {what}.");
            }

            await Task.Yield();
        }
    }
}
