namespace CqlDriver.SimulationTests;

/// <summary>
/// Every way to choose, one after the other, in a world as small as can be: two nodes without shards, one session that has
/// connected quietly. From there on the first choices that matter take every option they have, in all combinations (an
/// odometer whose last wheel turns first); the others, and all later ones, are benign.
/// </summary>
internal sealed class ExhaustiveChoices(int worldAction, int depth, int quietSteps) : ChoiceSource
{
    private readonly List<(int Answer, int Width)> _wheels = [];
    private int _next;
    private int _turns;

    /// <summary>How many combinations were begun.</summary>
    public int Runs { get; private set; } = 1;

    public override int Choose(ChoicePoint point, int n)
    {
        _turns += point == ChoicePoint.Turn ? 1 : 0;
        var width = Math.Min(n, Width(point));
        if (point == ChoicePoint.WorldAction)
        {
            return worldAction % n;
        }

        if (point == ChoicePoint.Settle)
        {
            // Getting well takes long: a few of them show it.
            return Runs % 16 == 0 ? 0 : 1;
        }

        if (_turns <= quietSteps || width < 2 || _next == depth)
        {
            return 0;
        }

        if (_next == _wheels.Count)
        {
            _wheels.Add((0, width));
        }

        // The same choices come before it, so it is the same choice.
        return _wheels[_next++].Answer;
    }

    /// <summary>Goes on to the next combination. False: that was the last.</summary>
    public bool TryTurn()
    {
        (_next, _turns) = (0, 0);
        while (_wheels.Count > 0)
        {
            var (answer, width) = _wheels[^1];
            if (answer + 1 < width)
            {
                _wheels[^1] = (answer + 1, width);
                Runs++;
                return true;
            }

            _wheels.RemoveAt(_wheels.Count - 1);
        }

        return false;
    }

    /// <summary>How many options of a point are tried.</summary>
    private static int Width(ChoicePoint point) => point switch
    {
        ChoicePoint.Turn => 3,
        ChoicePoint.Item => 4,
        ChoicePoint.Member or ChoicePoint.Address or ChoicePoint.ReadMoment or ChoicePoint.ViewAge or ChoicePoint.Arrival or ChoicePoint.DialFate or ChoicePoint.Loss => 2,
        _ => 1,
    };
}
