using CqlDriver.Effects;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Effects.Monitors;

/// <summary>Suggestions that wait for the loop are merged; none that matters is lost, and none piles up.</summary>
public sealed class SuggestionBufferTests
{
    private static readonly EffectTicket Stream = new(1, EffectTicket.Cluster, new EffectKey(EffectKind.WatchMonitor), null);
    private static readonly HostId One = new(Guid.Parse("00000000-0000-0000-0000-000000000001"));
    private static readonly HostId Two = new(Guid.Parse("00000000-0000-0000-0000-000000000002"));

    private readonly SuggestionBuffer _buffer = new(Stream, "registry");

    /// <summary>Row J21.</summary>
    [Fact]
    public void Of_up_down_up_forced_down_up_only_forced_down_acts()
    {
        Add(new NodeUpSuggested(One), new NodeDownSuggested(One), new NodeUpSuggested(One), new NodeForcedDown(One), new NodeUpSuggested(One));

        var told = _buffer.Take();

        told.Forced.Should().Equal((One, NodeStatus.ForcedDown));
        told.Hints.Should().BeEmpty();
    }

    [Fact]
    public void The_last_word_about_a_node_counts_and_nodes_stay_in_their_order()
    {
        Add(new NodeDownSuggested(Two), new NodeUpSuggested(One), new NodeUpSuggested(Two), new NodeForcedUp(One), new NodeReleased(One));

        var told = _buffer.Take();

        told.Hints.Should().Equal((Two, true));
        told.Forced.Should().Equal((One, (NodeStatus?)null));
    }

    [Fact]
    public void Of_two_lists_the_newer_stays()
    {
        Add(new NodesTold([Node(One)]), new NodesTold([Node(One), Node(Two)]));

        _buffer.Take().Nodes.Select(row => row.HostId).Should().Equal(One.Value, Two.Value);
    }

    [Fact]
    public void The_loop_is_told_once_until_it_has_taken_what_waits()
    {
        _buffer.Add(new RefreshSuggested()).Should().BeTrue();
        _buffer.Add(new NodeUpSuggested(One)).Should().BeFalse();
        _buffer.Take().IsRefreshSuggested.Should().BeTrue();

        _buffer.Add(new RefreshSuggested()).Should().BeTrue();
    }

    [Fact]
    public async Task A_stream_that_is_faster_than_the_loop_waits()
    {
        for (var i = 1; i <= 1_000; i++)
        {
            _buffer.WhenThereIsRoom().IsCompleted.Should().BeTrue();
            _buffer.Add(new NodeUpSuggested(new HostId(new Guid(i, 0, 0, new byte[8]))));
        }

        var room = _buffer.WhenThereIsRoom();
        room.IsCompleted.Should().BeFalse();
        _buffer.Take().Hints.Should().HaveCount(1_000);

        await room.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void What_is_no_suggestion_is_refused_and_the_rest_stays()
    {
        Add(new NodeForcedDown(One));
        var calls = new Action[] { () => _buffer.Add(null), () => _buffer.Add(new NodeUpSuggested(default)), () => _buffer.Add(new NodesTold([])), () => _buffer.Add(new NodesTold(default)), () => _buffer.Add(new NodesTold([null!])) };

        foreach (var call in calls)
        {
            call.Should().Throw<CqlException>().WithMessage("*registry*");
        }

        _buffer.Take().Forced.Should().ContainSingle();
    }

    private static NodeDescription Node(HostId hostId) => new(hostId, new NodeEndpoint("10.0.0.1", 9042));

    private void Add(params TopologySuggestion[] suggestions)
    {
        foreach (var suggestion in suggestions)
        {
            _buffer.Add(suggestion);
        }
    }
}
