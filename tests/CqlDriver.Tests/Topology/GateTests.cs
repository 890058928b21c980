using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

/// <summary>Whose answer is used: that of a ticket in flight whose fence is the one that stands. Every kind alike, success or failure.</summary>
public sealed class GateTests
{
    private static readonly TopologySettings Settings = new() { ContactPoints = [At(1)] };

    public static TheoryData<string> Kinds => new(Enum.GetNames<EffectKind>().Where(kind => kind != nameof(EffectKind.ConnectionLoss)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Only_the_standing_fence_passes(string kind)
    {
        var key = new EffectKey(Enum.Parse<EffectKind>(kind)) { HostId = Id(2), PoolId = new PoolId(5) };
        var fence = new PoolFence(Id(2), 7, new PoolId(5));

        IsAdmitted(key, fence, fence).Should().BeTrue();
        IsAdmitted(key, fence, fence with { Generation = 8 }).Should().BeFalse("the node has another life now");
        IsAdmitted(key, fence, fence with { PoolId = new PoolId(6) }).Should().BeFalse("the pool was renewed");
        IsAdmitted(key, fence, fence with { HostId = Id(3) }).Should().BeFalse("it is another node's");
        IsAdmitted(key, fence, null).Should().BeFalse("the node left");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_ticket_is_used_once_and_never_after_it_was_taken_back(string kind)
    {
        var key = new EffectKey(Enum.Parse<EffectKind>(kind)) { HostId = Id(2) };
        var step = Step();
        var table = TicketTable.Empty.Issue(step, 0, key, null, out var ticket);
        table.Issue(step, 0, key, null, out var second).Should().BeSameAs(table);
        second.Should().BeNull("one of a key is in flight");

        var consumed = table.Consume(ticket!, out var verdict);
        verdict.Should().Be(TicketVerdict.InFlight);
        consumed.IsEmpty.Should().BeTrue();
        consumed.Consume(ticket!, out verdict);
        verdict.Should().Be(TicketVerdict.Unknown);

        var revoked = table.Revoke(step, ticket!);
        revoked.Consume(ticket!, out verdict);
        verdict.Should().Be(kind switch
        {
            nameof(EffectKind.Timer) => TicketVerdict.Unknown,
            nameof(EffectKind.CloseConnection) => TicketVerdict.InFlight,
            _ => TicketVerdict.Revoked,
        });
        revoked.Revoke(step, ticket!).Consume(ticket!, out var again);
        again.Should().Be(verdict, "taking back twice is taking back once");
    }

    [Fact]
    public void What_is_dropped_is_counted_with_both_fences()
    {
        var step = Step();
        var fence = new PoolFence(Id(2), 7, new PoolId(5));
        var table = TicketTable.Empty.Issue(step, 3, new EffectKey(EffectKind.DialNode), fence, out var ticket);

        FenceGate.Pass(table, step, ticket!, fence with { Generation = 9 }, out _);

        step.Effects.OfType<CountDrop>().Should().ContainSingle().Which.Should().Be(new CountDrop(EffectKind.DialNode, fence, fence with { Generation = 9 }));
    }

    private static bool IsAdmitted(EffectKey key, PoolFence fence, PoolFence? standing)
    {
        var step = Step();
        var table = TicketTable.Empty.Issue(step, 3, key, fence, out var ticket);
        FenceGate.Pass(table, step, ticket!, standing, out var isAdmitted);
        return isAdmitted;
    }

    private static StepDraft Step() => new(Settings, new ControlState(), TimeSpan.Zero);
}
