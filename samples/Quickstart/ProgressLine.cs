using System.Diagnostics;

namespace Quickstart;

/// <summary>A line that counts: redrawn in place on a terminal, written once at the end elsewhere.</summary>
internal sealed class ProgressLine : IAsyncDisposable
{
    private const int BarWidth = 32;

    private readonly int _total;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly PeriodicTimer _timer = new(TimeSpan.FromMilliseconds(100));
    private readonly Task _drawing;
    private int _done;

    public ProgressLine(int total)
    {
        _total = total;
        _drawing = Console.IsOutputRedirected ? Task.CompletedTask : DrawAsync();
    }

    public void Step() => Interlocked.Increment(ref _done);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _drawing;
        Draw();
        Console.WriteLine();
    }

    private async Task DrawAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            Draw();
            Console.Write('\r');
        }
    }

    private void Draw()
    {
        var done = Volatile.Read(ref _done);
        var filled = (int)((long)BarWidth * done / _total);
        var rate = done / Math.Max(Stopwatch.GetElapsedTime(_started).TotalSeconds, 0.001);
        Console.Write($"  [{new string('#', filled)}{new string('.', BarWidth - filled)}] {done:N0} of {_total:N0}  {rate:N0} rows/s   ");
    }
}
