using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.LogSamples;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Checkpoints and aborts of handovers, applied from a log: once, twice, late, and halfway.</summary>
public sealed class HandoverEntryTests
{
    private readonly Metadata _before = Apply(Metadata.Empty, new NodeJoined(new Node(Id(1)) { Endpoint = At(1), Generation = 11 }));

    [Fact]
    public void The_same_checkpoint_again_changes_nothing_but_the_position()
    {
        var once = Apply(_before, Checkpoint(1));

        var thrice = Apply(Apply(once, Checkpoint(1)), Checkpoint(1));

        thrice.Handovers.Should().ContainSingle();
        thrice.Handovers[0].Should().BeSameAs(once.Handovers[0]);
        (thrice with { AppliedIndex = once.AppliedIndex }).Should().Be(once);
    }

    [Fact]
    public void A_higher_attempt_or_another_phase_takes_its_place()
    {
        var caught = Apply(Apply(_before, Checkpoint(1)), Checkpoint(1, phase: HandoverPhase.CatchUp));

        var again = Apply(caught, Checkpoint(1, attempt: 2));

        again.Handovers.Should().ContainSingle().Which.Should().Match<HandoverCheckpoint>(row => row.Attempt == 2 && row.Phase == HandoverPhase.Open);
    }

    /// <summary>Whatever an abort point: afterwards everything is as it was, but for the position.</summary>
    [Fact]
    public void An_abort_leaves_the_snapshot_as_if_the_handover_had_not_begun()
    {
        var random = new Random(77);
        for (var round = 0; round < 1_000; round++)
        {
            var metadata = _before;
            for (var phases = random.Next(1, 6); phases > 0; phases--)
            {
                metadata = Apply(metadata, Checkpoint(1, phase: (HandoverPhase)random.Next(2), attempt: random.Next(1, 4)));
            }

            var aborted = Apply(metadata, Abort());

            MetadataCodec.ToBytes(aborted with { AppliedIndex = _before.AppliedIndex }).Should().Equal(MetadataCodec.ToBytes(_before));
            Apply(aborted, Abort()).Should().Be(aborted with { AppliedIndex = aborted.AppliedIndex + 1 }, "a second abort does nothing");
        }
    }

    [Fact]
    public void What_an_abort_undoes_is_undone_once_and_in_order()
    {
        // A log of another making, in which the endpoint was shown before it took over.
        var shown = Apply(Apply(_before, Checkpoint(1)), new NodeMoved(Id(1), At(1), At(101), 12));

        var aborted = Apply(shown, Abort());

        aborted.NodeOf(Id(1))!.Endpoint.Should().Be(At(1));
        aborted.NodeOf(Id(1))!.Generation.Should().Be(11);
        aborted.TryGetHostId(At(101), out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(HandoverPhase.CutOver)]
    [InlineData(HandoverPhase.Draining)]
    public void What_took_over_is_not_undone(HandoverPhase phase)
    {
        var over = Apply(Apply(_before, new NodeMoved(Id(1), At(1), At(101), 12)), Checkpoint(1, phase: phase));

        var aborted = Apply(over, Abort());

        aborted.NodeOf(Id(1))!.Endpoint.Should().Be(At(101));
        aborted.Handovers.Should().ContainSingle();
    }

    [Fact]
    public void An_abort_of_another_handover_of_the_node_does_nothing()
    {
        var running = Apply(_before, Checkpoint(1, handover: 8));

        Apply(running, Abort()).Handovers.Should().ContainSingle().Which.Handover.Should().Be(8);
    }

    /// <summary>The second step cannot be done: neither is the first.</summary>
    [Fact]
    public void A_compensation_that_fails_leaves_nothing_behind()
    {
        // Another node has the endpoint that is to be restored.
        var taken = Apply(Apply(Apply(_before, Checkpoint(1)), new NodeMoved(Id(1), At(1), At(101), 12)), new NodeJoined(new Node(Id(2)) { Endpoint = At(1) }));
        var applier = new SnapshotApplier();
        applier.Apply([TopologyLogEntry.Of(new LogPosition(0, 1), new SnapshotInstalled(taken))]);
        var before = applier.Current;

        applier.Invoking(it => it.Apply([TopologyLogEntry.Of(new LogPosition(0, 2), Abort())])).Should().Throw<TopologyFaultException>();

        applier.Current.Should().BeSameAs(before);
    }

    /// <summary>An applier that does not know the node drops the handover all the same.</summary>
    [Fact]
    public void An_abort_for_a_node_that_left_is_harmless()
    {
        var left = Apply(Apply(_before, Checkpoint(1)), new NodeLeft(Id(1)));

        Apply(left, Abort()).Handovers.Should().BeEmpty();
    }

    private static HandoverAborted Abort() =>
        new(Id(1), 7, "a test says so") { Compensations = [new GenerationBurned(12, 11), new EndpointRestored(At(1))] };

    private static Metadata Apply(Metadata metadata, TopologyChange change) => MetadataEvolver.Apply(metadata, [change with { Index = metadata.AppliedIndex + 1 }]);
}
