using FluentAssertions;
using Xunit;

namespace CqlDriver.SimulationTests;

/// <summary>Schedules that failed once, each with the defect that it found. They must hold for ever.</summary>
public sealed class KeptScheduleTests
{
    public static TheoryData<string, string> Kept
    {
        get
        {
            var kept = new TheoryData<string, string>();
            foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Schedules", "kept.txt")))
            {
                if (line.Length > 0 && line[0] != '#')
                {
                    var at = line.IndexOf(' ', StringComparison.Ordinal);
                    kept.Add(line[(at + 1)..], line[..at]);
                }
            }

            return kept;
        }
    }

    [Theory]
    [MemberData(nameof(Kept))]
    public void A_schedule_that_failed_once_holds(string defect, string schedule)
    {
        // The kind of world stands before it, unless it is the smallest one.
        var parts = schedule.Split(':');
        var kept = Schedule.Parse(parts[^1]);
        var options = new SimulationOptions { World = parts.Length > 1 ? Enum.Parse<WorldKind>(parts[0]) : WorldKind.Nodes };
        var result = Simulation.Run(new RecordedChoices(kept.Answers), kept.Steps, options);
        result.Failure.Should().BeNull("the defect was mended: {0}", defect);
    }
}
