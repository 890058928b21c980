using CqlDriver.Effects;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.Tests.Effects;

/// <summary>What becomes of CLIENT_ROUTES_CHANGE before the loop sees it.</summary>
public sealed class RouteEventBufferTests
{
    private const string One = "00000001-0000-0000-0000-000000000001";
    private const string Two = "00000002-0000-0000-0000-000000000001";

    private readonly RouteEventBuffer _buffer = new(new RouteSettings { Proxies = [new RouteProxy("A", null), new RouteProxy("B", null)] });

    [Fact]
    public void Pairs_are_taken_by_position_merged_and_only_ours()
    {
        Add("UPDATE_NODES", ["A", "stranger", "B"], [One, One, Two]).Should().BeTrue();
        Add("UPDATE_NODES", ["A", "A"], [One, Two]).Should().BeTrue();

        _buffer.Take().Should().BeEquivalentTo(new RouteHints([Key("A", One), Key("A", Two), Key("B", Two)], null));
        _buffer.Take().Should().BeNull("it was taken");
    }

    [Fact]
    public void Events_about_strangers_alone_wake_nobody()
    {
        Add("UPDATE_NODES", ["stranger"], ["no uuid"]).Should().BeFalse();
        _buffer.Take().Should().BeNull();
    }

    [Theory]
    [InlineData("DELETE_NODES", new[] { "A" }, new[] { One })]
    [InlineData("", new string[0], new string[0])]
    [InlineData("UPDATE_NODES", new string[0], new string[0])]
    [InlineData("UPDATE_NODES", new[] { "A" }, new string[0])]
    [InlineData("UPDATE_NODES", new[] { "A" }, new[] { One, Two })]
    [InlineData("UPDATE_NODES", new[] { "A", "B" }, new[] { One })]
    [InlineData("UPDATE_NODES", new[] { "A" }, new[] { "no uuid" })]
    [InlineData("UPDATE_NODES", new[] { "A" }, new[] { "00000000-0000-0000-0000-000000000000" })]
    [InlineData("UPDATE_NODES", new[] { "A" }, new[] { "{00000001-0000-0000-0000-000000000001}" })]
    public void What_cannot_be_understood_is_a_reason_to_read_everything(string change, string[] connectionIds, string[] hostIds)
    {
        Add(change, connectionIds, hostIds).Should().BeTrue();
        _buffer.Take()!.Problem.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public void More_than_is_kept_is_a_reason_to_read_everything()
    {
        Add("UPDATE_NODES", [.. Enumerable.Repeat("A", 10_001)], [.. Enumerable.Range(1, 10_001).Select(i => new Guid(i, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]).ToString())]);

        var hints = _buffer.Take()!;
        hints.Keys.Should().HaveCount(10_000);
        hints.Problem.Should().NotBeNull();
    }

    private bool Add(string change, string[] connectionIds, string[] hostIds) => _buffer.Add(new ClientRoutesChangeEvent(change, [.. connectionIds], [.. hostIds]));

    private static ClientRouteKey Key(string connectionId, string hostId) => new(new HostId(Guid.Parse(hostId)), connectionId);
}
