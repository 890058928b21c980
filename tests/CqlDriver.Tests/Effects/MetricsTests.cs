using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CqlDriver.Diagnostics;
using CqlDriver.Tests.Topology;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Effects;

public sealed class MetricsTests
{
    [Fact]
    public void Steps_errors_and_handovers_are_measured()
    {
        var seen = new ConcurrentDictionary<string, bool>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "CqlDriver")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => seen[instrument.Name] = true);
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => seen[instrument.Name] = true);
        listener.Start();

        new TopologyWorld().Begin(Local(1, 1), Row(2, 2));
        var tracker = new HandoverTracker(() => TimeSpan.Zero, static _ => { });
        tracker.Observe(new HandoverCheckpoint(Id(2)) { Handover = 1, Phase = HandoverPhase.Open, To = At(9) });
        tracker.TallyOf(1)!.Add(TimeSpan.FromMilliseconds(1));
        tracker.Observe(new HandoverAborted(Id(2), 1, "no"));

        CqlMetrics.EntryApplied("NodeLeft", position: 3, isUnderstood: false);
        CqlMetrics.EntryIgnored();
        CqlMetrics.Lags(2);
        CqlMetrics.Applied(4);

        seen.Keys.Should().Contain(
        [
            "cqldriver.topology.log.entries", "cqldriver.topology.log.undecodable", "cqldriver.topology.log.position", "cqldriver.topology.log.ignored",
            "cqldriver.topology.log.lag", "cqldriver.topology.applied",
            "cqldriver.topology.loop.steps", "cqldriver.topology.loop.duration", "cqldriver.handover.active", "cqldriver.handover.ended",
            "cqldriver.handover.duration", "cqldriver.handover.forwarded", "cqldriver.handover.pause",
        ]);
    }
}
