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

    private static readonly Meter Instruments = new(Name);
    private static readonly Counter<long> DropCounter = Instruments.CreateCounter<long>("cqldriver.fence.dropped", "{answer}", "Asynchronous work that came home too late and was dropped.");
    private static readonly Counter<long> StepCounter = Instruments.CreateCounter<long>("cqldriver.topology.loop.steps", "{step}", "Steps of the topology loop.");
    private static readonly Histogram<double> StepDuration = Instruments.CreateHistogram<double>("cqldriver.topology.loop.duration", "s", "How long a step of the topology loop took.");
    private static readonly Counter<long> FaultCounter = Instruments.CreateCounter<long>("cqldriver.topology.loop.errors", "{error}", "Steps of the topology loop that failed.");
    private static readonly UpDownCounter<long> LoopCounter = Instruments.CreateUpDownCounter<long>("cqldriver.topology.loop.up", "{loop}", "Topology loops that run.");
    private static readonly UpDownCounter<long> ActiveHandovers = Instruments.CreateUpDownCounter<long>("cqldriver.handover.active", "{handover}", "Handovers under way.");
    private static readonly Counter<long> EndedHandovers = Instruments.CreateCounter<long>("cqldriver.handover.ended", "{handover}", "Handovers that ended, by how.");
    private static readonly Histogram<double> HandoverDuration = Instruments.CreateHistogram<double>("cqldriver.handover.duration", "s", "How long a handover took, by how it ended.");
    private static readonly Counter<long> ForwardCounter = Instruments.CreateCounter<long>("cqldriver.handover.forwarded", "{request}", "Requests that a retired pool passed on to its successor.");
    private static readonly Histogram<double> PauseDuration = Instruments.CreateHistogram<double>("cqldriver.handover.pause", "s", "How long requests had to wait while a new endpoint took over.");
    private static readonly Counter<long> RefusalCounter = Instruments.CreateCounter<long>("cqldriver.handover.refused", "{refusal}", "How often a new endpoint did not take over because the pause would have been too long.");

    private static readonly Counter<long> EntryCounter = Instruments.CreateCounter<long>("cqldriver.topology.log.entries", "{entry}", "Entries of a committed log that were applied, by kind.");
    private static readonly Counter<long> IgnoredEntryCounter = Instruments.CreateCounter<long>("cqldriver.topology.log.ignored", "{entry}", "Entries of a committed log that were told again, or by a source that is not believed.");
    private static readonly Counter<long> UndecodableCounter = Instruments.CreateCounter<long>("cqldriver.topology.log.undecodable", "{entry}", "Entries of a committed log that were not understood.");
    private static readonly Gauge<long> AppliedGauge = Instruments.CreateGauge<long>("cqldriver.topology.applied", "{change}", "The index of the last change that was applied.");
    private static readonly Gauge<long> SourceGauge = Instruments.CreateGauge<long>("cqldriver.topology.log.position", "{entry}", "The index of the last entry of a committed log that was applied.");
    private static readonly Gauge<long> LagGauge = Instruments.CreateGauge<long>("cqldriver.topology.log.lag", "{entry}", "How many entries the source has beyond the last one that was applied.");

    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Whether step durations are worth a look at the clock.</summary>
    public static bool MeasuresSteps => StepCounter.Enabled || StepDuration.Enabled;

    public static void Dropped(string kind) => DropCounter.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public static void Stepped(string input, TimeSpan duration)
    {
        StepCounter.Add(1, new KeyValuePair<string, object?>("input", input));
        StepDuration.Record(duration.TotalSeconds);
    }

    public static void Faulted(string input) => FaultCounter.Add(1, new KeyValuePair<string, object?>("input", input));

    public static void LoopBegan() => LoopCounter.Add(1);

    public static void LoopEnded() => LoopCounter.Add(-1);

    public static void HandoverBegan() => ActiveHandovers.Add(1);

    public static void HandoverEnded(string how, TimeSpan duration)
    {
        var outcome = new KeyValuePair<string, object?>("outcome", how);
        ActiveHandovers.Add(-1);
        EndedHandovers.Add(1, outcome);
        HandoverDuration.Record(duration.TotalSeconds, outcome);
    }

    public static void HandoverRefused() => RefusalCounter.Add(1);

    public static void Paused(TimeSpan pause) => PauseDuration.Record(pause.TotalSeconds);

    public static void Applied(long index) => AppliedGauge.Record(index);

    public static void EntryIgnored() => IgnoredEntryCounter.Add(1);

    public static void EntryApplied(string kind, long position, bool isUnderstood)
    {
        UndecodableCounter.Add(isUnderstood ? 0 : 1);
        EntryCounter.Add(1, new KeyValuePair<string, object?>("kind", kind));
        SourceGauge.Record(position);
    }

    public static void Lags(long entries) => LagGauge.Record(entries);

    public static void Forwarded(long requests) => ForwardCounter.Add(requests);
}
