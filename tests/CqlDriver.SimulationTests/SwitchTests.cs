using CqlDriver.Topology;
using FluentAssertions;
using Xunit;

namespace CqlDriver.SimulationTests;

/// <summary>
/// Each race of the design, by its number: without its defences the simulation finds the violation of the invariant that
/// would show it. With all of them on nothing is found; <see cref="RandomScheduleTests"/> and the runner show that.
/// </summary>
public sealed class SwitchTests
{
    private const int MostSchedules = 100_000;
    private const int Steps = 250;

    [Theory]
    [InlineData(1, "I8")]
    [InlineData(2, "I8")]
    [InlineData(3, "I8")]
    [InlineData(4, "I11")]
    [InlineData(5, "I9")]
    [InlineData(6, "I5")]
    [InlineData(7, "I15")]
    [InlineData(8, "fault")]
    [InlineData(9, "I1")]
    [InlineData(10, "I16")]
    [InlineData(11, "I24")]
    [InlineData(12, "I3")]
    [InlineData(13, "I9")]
    [InlineData(14, "I21")]
    [InlineData(15, "I15")]
    [InlineData(16, "L1")]
    [InlineData(17, "I17")]
    [InlineData(18, "I6")]
    [InlineData(19, "I19")]
    [InlineData(20, "I20")]
    [InlineData(21, "I8")]
    [InlineData(22, "I13")]
    [InlineData(23, "I8")]
    [InlineData(24, "Keyspace")]
    [InlineData(25, "I26")]
    public void A_race_is_found_without_its_defences(int race, string invariant)
    {
        var (result, schedules) = SwitchTrial.Run((Race)race, 1, MostSchedules, Steps, invariant);
        result.Invariant.Should().Be(invariant, "{0} is what {1} breaks; {2} schedules were tried", invariant, (Race)race, schedules);
    }
}
