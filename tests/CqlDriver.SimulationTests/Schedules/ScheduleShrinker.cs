using System.Collections.Immutable;

namespace CqlDriver.SimulationTests;

/// <summary>
/// Makes a failing schedule small: fewer steps, fewer choices, smaller numbers, as long as the same invariant breaks. Delta
/// debugging by chunks, then each answer towards 0, round after round until nothing helps or the runs are used up.
/// </summary>
internal sealed class ScheduleShrinker(SimulationOptions options, int mostRuns)
{
    private string? _invariant;
    private int _runs;

    public Schedule Shrink(Schedule failing)
    {
        _invariant = Failure(failing, out var best);
        if (_invariant is null)
        {
            return failing;
        }

        int before;
        do
        {
            before = Weight(best);
            best = RemoveChunks(ShortenSteps(best));
            best = LowerNumbers(best);
        }
        while (Weight(best) < before && _runs < mostRuns);

        return best;
    }

    private static int Weight(Schedule schedule) => schedule.Steps + (schedule.Answers.Length * 16) + schedule.Answers.Sum(static answer => answer);

    private Schedule ShortenSteps(Schedule best)
    {
        for (var cut = best.Steps / 2; cut > 0; cut /= 2)
        {
            while (best.Steps > cut && Try(best with { Steps = best.Steps - cut }, ref best))
            {
            }
        }

        return best;
    }

    private Schedule RemoveChunks(Schedule best)
    {
        for (var size = Math.Max(1, best.Answers.Length / 2); size > 0; size /= 2)
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
        if (_runs >= mostRuns || Failure(candidate, out var used) != _invariant || Weight(used) >= Weight(best))
        {
            return false;
        }

        best = used;
        return true;
    }

    /// <summary>What breaks; and the schedule without what was not asked for.</summary>
    private string? Failure(Schedule schedule, out Schedule used)
    {
        _runs++;
        var result = Simulation.Run(new RecordedChoices(schedule.Answers), schedule.Steps, options);
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
