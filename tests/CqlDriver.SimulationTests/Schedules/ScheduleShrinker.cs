using System.Collections.Immutable;

namespace CqlDriver.SimulationTests;

/// <summary>
/// Makes a failing schedule small: fewer steps, fewer choices, smaller numbers, as long as the same invariant breaks. Delta
/// debugging by chunks, then each answer towards 0, round after round until nothing helps or the runs are used up.
/// </summary>
internal sealed class ScheduleShrinker(SimulationOptions options, int mostRuns)
{
    private string? _invariant;
    private IReadOnlyList<int> _starts = [];
    private int _endOfSteps;
    private int _runs;

    public Schedule Shrink(Schedule failing)
    {
        _invariant = Failure(failing, out var best, out var first);
        if (_invariant is null)
        {
            return failing;
        }

        Accept(first);

        int before;
        do
        {
            before = Weight(best);
            best = RemoveChunks(RemoveSteps(best));
            best = LowerNumbers(best);
        }
        while (Weight(best) < before && _runs < mostRuns);

        return best;
    }

    private static int Weight(Schedule schedule) => (schedule.Steps * 64) + (schedule.Answers.Length * 16) + schedule.Answers.Sum(static answer => answer);

    /// <summary>Whole steps first, many at a time: what they chose goes with them.</summary>
    private Schedule RemoveSteps(Schedule best)
    {
        for (var count = best.Steps / 2; count > 0; count /= 2)
        {
            for (var first = best.Steps - count; first >= 0 && _runs < mostRuns; first -= count)
            {
                if (first + count <= best.Steps && first < _starts.Count)
                {
                    var from = _starts[first];
                    var to = first + count < _starts.Count ? _starts[first + count] : Math.Max(from, _endOfSteps);
                    var answers = from >= best.Answers.Length ? best.Answers : best.Answers.RemoveRange(from, Math.Min(to, best.Answers.Length) - from);
                    Try(new Schedule(best.Steps - count, answers), ref best);
                }
            }
        }

        return best;
    }

    private Schedule RemoveChunks(Schedule best)
    {
        for (var size = Math.Min(16, Math.Max(1, best.Answers.Length / 2)); size > 0; size /= 2)
        {
            for (var at = best.Answers.Length - size; at >= 0 && _runs < mostRuns; at -= size)
            {
                if (at + size <= best.Answers.Length)
                {
                    Try(best with { Answers = best.Answers.RemoveRange(at, size) }, ref best);
                }
            }
        }

        return best;
    }

    private Schedule LowerNumbers(Schedule best)
    {
        for (var i = 0; i < best.Answers.Length && _runs < mostRuns; i++)
        {
            for (byte lower = 0; lower < best.Answers[i] && i < best.Answers.Length; lower++)
            {
                if (Try(best with { Answers = best.Answers.SetItem(i, lower) }, ref best))
                {
                    break;
                }
            }
        }

        return best;
    }

    private bool Try(Schedule candidate, ref Schedule best)
    {
        if (_runs >= mostRuns || Failure(candidate, out var used, out var result) != _invariant || Weight(used) >= Weight(best))
        {
            return false;
        }

        Accept(result);
        best = used;
        return true;
    }

    private void Accept(SimulationResult result) => (_starts, _endOfSteps) = (result.StepStarts, result.Schedule.Answers.Length);

    /// <summary>What breaks; and the schedule without what was not asked for.</summary>
    private string? Failure(Schedule schedule, out Schedule used, out SimulationResult result)
    {
        _runs++;
        result = Simulation.Run(new RecordedChoices(schedule.Answers), schedule.Steps, options);
        var answers = result.Schedule.Answers;
        var last = answers.Length;
        while (last > 0 && answers[last - 1] == 0)
        {
            last--;
        }

        used = new Schedule(Math.Min(schedule.Steps, Math.Max(1, result.Steps)), ImmutableArray.Create(answers, 0, last));
        return result.Invariant;
    }
}
