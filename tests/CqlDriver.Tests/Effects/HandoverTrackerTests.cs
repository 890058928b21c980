using System.Diagnostics;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Effects;

public sealed class HandoverTrackerTests
{
    private readonly List<HandoverSnapshot> _ended = [];
    private TimeSpan _now;

    [Fact]
    public void Handover_is_active_from_its_first_phase_to_its_end()
    {
        var tracker = Tracker();
        tracker.ActiveCount.Should().Be(0);

        tracker.Observe(Phase(1, HandoverPhase.Open));
        _now = TimeSpan.FromSeconds(3);
        tracker.OnProgress(1, 2, 8);
        tracker.ActiveCount.Should().Be(1);
        tracker.Snapshot().Should().ContainSingle().Which.Should().Match<HandoverSnapshot>(
            handover => handover.IsActive && handover.Elapsed == TimeSpan.FromSeconds(3) && handover.Ready == 2 && handover.Wanted == 8 && handover.To.Equals(At(9)));

        tracker.Observe(new ChangeBatch([Phase(1, HandoverPhase.CutOver), Phase(1, HandoverPhase.Draining), Phase(1, HandoverPhase.Completed)]));
        _now = TimeSpan.FromSeconds(100);
        tracker.ActiveCount.Should().Be(0);
        tracker.Snapshot().Should().ContainSingle().Which.Should().Match<HandoverSnapshot>(
            handover => !handover.IsActive && handover.Elapsed == TimeSpan.FromSeconds(3) && handover.Phase == HandoverPhase.Completed, "it does not grow after the end");
        _ended.Should().ContainSingle();
    }

    [Fact]
    public void Aborted_one_says_why()
    {
        var tracker = Tracker();
        tracker.Observe(Phase(1, HandoverPhase.Open));
        tracker.Observe(new HandoverAborted(Id(2), 1, "the node left"));

        tracker.Snapshot().Should().ContainSingle().Which.Should().Match<HandoverSnapshot>(handover => handover.Phase == HandoverPhase.Aborted && handover.Reason == "the node left");
        tracker.ActiveCount.Should().Be(0);
    }

    [Fact]
    public void Age_counts_from_the_end_and_those_under_way_stay()
    {
        var tracker = Tracker();
        tracker.Observe(Phase(1, HandoverPhase.Open));
        tracker.Observe(Phase(2, HandoverPhase.Open));
        _now = TimeSpan.FromMinutes(59);
        tracker.Observe(Phase(1, HandoverPhase.Completed));
        _now = TimeSpan.FromMinutes(60);

        tracker.PurgeFinishedOlderThan(TimeSpan.FromMinutes(2)).Should().Be(0, "it ended a minute ago, however long it took");
        tracker.PurgeFinishedOlderThan(TimeSpan.FromMinutes(1)).Should().Be(1);
        tracker.Snapshot().Should().ContainSingle().Which.Id.Should().Be(2);
    }

    [Fact]
    public void No_more_than_so_many_ended_ones_are_kept()
    {
        var tracker = Tracker();
        for (var handover = 1; handover <= 400; handover++)
        {
            tracker.Observe(Phase(handover, HandoverPhase.Open));
            tracker.Observe(Phase(handover, HandoverPhase.Completed));
        }

        tracker.Snapshot().Should().HaveCount(256).And.Subject.Last().Id.Should().Be(400);
        _now = TimeSpan.FromMinutes(11);
        tracker.Observe(Phase(401, HandoverPhase.Open));
        tracker.Snapshot().Should().ContainSingle("after ten minutes they are forgotten");
    }

    [Fact]
    public async Task Listener_gets_each_phase_as_it_begins_and_ends_with_the_cluster()
    {
        var tracker = Tracker();
        var phases = new List<HandoverPhase>();
        await using var listener = tracker.ListenAsync().GetAsyncEnumerator();
        var next = listener.MoveNextAsync();

        tracker.Observe(Phase(1, HandoverPhase.Open));
        tracker.Observe(Phase(1, HandoverPhase.CatchUp));
        tracker.Observe(new HandoverAborted(Id(2), 1, "no"));
        tracker.End();

        while (await next.AsTask().WaitAsync(TimeSpan.FromSeconds(20)))
        {
            phases.Add(listener.Current.Phase);
            next = listener.MoveNextAsync();
        }

        phases.Should().Equal(HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.Aborted);
    }

    [Fact]
    public void Activity_has_an_event_for_each_phase()
    {
        var activities = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "CqlDriver",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("cqldriver.to"), At(9).ToString()))
                {
                    activities.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var tracker = Tracker();
        foreach (var phase in new[] { HandoverPhase.Open, HandoverPhase.CatchUp, HandoverPhase.CutOver, HandoverPhase.Draining, HandoverPhase.Completed })
        {
            tracker.Observe(Phase(1, phase));
        }

        var activity = activities.Should().ContainSingle().Subject;
        activity.Events.Select(happened => happened.Name).Should().Equal("Open", "CatchUp", "CutOver", "Draining", "Completed");
        activity.Status.Should().Be(ActivityStatusCode.Ok);
        Activity.Current.Should().BeNull("whoever runs the loop keeps its own");
    }

    [Fact]
    public void Tally_keeps_the_longest_pause()
    {
        var tracker = Tracker();
        tracker.Observe(Phase(1, HandoverPhase.Open));
        var tally = tracker.TallyOf(1)!;
        tally.LongestPause.Should().BeNull();
        Parallel.For(0, 1_000, i => tally.Add(TimeSpan.FromMilliseconds(i)));

        tracker.Snapshot()[0].Forwarded.Should().Be(1_000);
        tracker.Snapshot()[0].Pause.Should().Be(TimeSpan.FromMilliseconds(999));
        tracker.TallyOf(2).Should().BeNull();
    }

    private HandoverTracker Tracker() => new(() => _now, _ended.Add);

    private static HandoverCheckpoint Phase(long handover, HandoverPhase phase) =>
        new(Id(2)) { Handover = handover, Phase = phase, From = At(2), To = At(9), Generation = 7 };
}
