using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>Keeps what the driver logs, all levels, for tests to look at and to print when they fail.</summary>
internal sealed class DriverLog : ILoggerFactory, ILogger
{
    private const int ConnectionEnded = 1001;

    private readonly ConcurrentQueue<(DateTime At, LogLevel Level, EventId Id, string Text)> _lines = new();

    /// <summary>How many connections ended, whatever the reason.</summary>
    public int ConnectionsEnded => _lines.Count(line => line.Id.Id == ConnectionEnded);

    public IEnumerable<string> Texts => _lines.Select(line => line.Text);

    public void WriteTo(ITestOutputHelper output)
    {
        foreach (var (at, level, _, text) in _lines)
        {
            output.WriteLine($"{at:HH:mm:ss.fff} {level}: {text}");
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This log keeps everything itself.");

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((DateTime.UtcNow, logLevel, eventId, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} ({exception.GetType().Name}: {exception.Message})"));

    public void Dispose()
    {
    }
}
