using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CqlDriver.Diagnostics;

/// <summary>
/// What the driver measures, on the meter and the activity source named <c>CqlDriver</c>, over all cluster objects of the
/// process. Costs nothing while nobody listens.
/// </summary>
internal static class CqlMetrics
{
    public const string Name = "CqlDriver";

    private static readonly Meter _meter = new(Name);
    private static readonly Counter<long> _dropped = _meter.CreateCounter<long>("cqldriver.fence.dropped", "{answer}", "Asynchronous work that came home too late and was dropped.");
    private static readonly Counter<long> _steps = _meter.CreateCounter<long>("cqldriver.topology.loop.steps", "{step}", "Steps of the topology loop.");
    private static readonly Histogram<double> _stepDuration = _meter.CreateHistogram<double>("cqldriver.topology.loop.duration", "s", "How long a step of the topology loop took.");
    private static readonly Counter<long> _faults = _meter.CreateCounter<long>("cqldriver.topology.loop.errors", "{error}", "Steps of the topology loop that failed.");
    private static readonly UpDownCounter<long> _loops = _meter.CreateUpDownCounter<long>("cqldriver.topology.loop.up", "{loop}", "Topology loops that run.");
    private static readonly UpDownCounter<long> _activeHandovers = _meter.CreateUpDownCounter<long>("cqldriver.handover.active", "{handover}", "Handovers under way.");
    private static readonly Counter<long> _endedHandovers = _meter.CreateCounter<long>("cqldriver.handover.ended", "{handover}", "Handovers that ended, by how.");
    private static readonly Histogram<double> _handoverDuration = _meter.CreateHistogram<double>("cqldriver.handover.duration", "s", "How long a handover took, by how it ended.");
    private static readonly Counter<long> _forwarded = _meter.CreateCounter<long>("cqldriver.handover.forwarded", "{request}", "Requests that a retired pool passed on to its successor.");
    private static readonly Histogram<double> _pause = _meter.CreateHistogram<double>("cqldriver.handover.pause", "s", "How long requests had to wait while a new endpoint took over.");
    private static readonly Counter<long> _refusals = _meter.CreateCounter<long>("cqldriver.handover.refused", "{refusal}", "How often a new endpoint did not take over because the pause would have been too long.");

    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Whether step durations are worth a look at the clock.</summary>
    public static bool MeasuresSteps => _steps.Enabled || _stepDuration.Enabled;

    public static void Dropped(string kind) => _dropped.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public static void Stepped(string input, TimeSpan duration)
    {
        _steps.Add(1, new KeyValuePair<string, object?>("input", input));
        _stepDuration.Record(duration.TotalSeconds);
    }

    public static void Faulted(string input) => _faults.Add(1, new KeyValuePair<string, object?>("input", input));

    public static void LoopBegan() => _loops.Add(1);

    public static void LoopEnded() => _loops.Add(-1);

    public static void HandoverBegan() => _activeHandovers.Add(1);

    public static void HandoverEnded(string how, TimeSpan duration)
    {
        var outcome = new KeyValuePair<string, object?>("outcome", how);
        _activeHandovers.Add(-1);
        _endedHandovers.Add(1, outcome);
        _handoverDuration.Record(duration.TotalSeconds, outcome);
    }

    public static void HandoverRefused() => _refusals.Add(1);

    public static void Paused(TimeSpan pause) => _pause.Record(pause.TotalSeconds);

    public static void Forwarded(long requests) => _forwarded.Add(requests);
}
