namespace CqlDriver.SimulationTests;

/// <summary>
/// Choices from a seed. Swarm: each seed takes a random half of the kinds of actions away and draws how likely trouble is at
/// each point, so that rare combinations get room. A quarter of the seeds order what may run by priorities with change points.
/// </summary>
internal sealed class RandomChoices : ChoiceSource
{
    private static readonly int Points = Enum.GetValues<ChoicePoint>().Length;
    private readonly byte[] _benign = new byte[Points];
    private readonly byte[] _turns = new byte[4];
    private ulong _state;
    private bool _isByPriority;
    private byte _place;
    private uint _worldActions;
    private uint _applicationActions;

    public RandomChoices(ulong seed) => Reset(seed);

    public void Reset(ulong seed)
    {
        _state = seed;
        Next();
        var hardness = Below(4);
        for (var point = 0; point < Points; point++)
        {
            _benign[point] = Chance((ChoicePoint)point, hardness);
        }

        _isByPriority = Below(4) == 0;
        _place = (byte)Next();
        _worldActions = Half();
        _applicationActions = Half();
        _turns[0] = (byte)(110 + Below(100));
        _turns[1] = (byte)(_turns[0] + 4 + Below(24));
        _turns[2] = (byte)(_turns[1] + ((255 - _turns[1]) * (20 + Below(60)) / 100));
        _turns[3] = 255;
    }

    public override int Choose(ChoicePoint point, int n)
    {
        var bits = Next();
        switch (point)
        {
            case ChoicePoint.Turn:
                var turn = (byte)bits;
                return turn <= _turns[0] ? 0 : turn <= _turns[1] ? 1 : turn <= _turns[2] ? 2 : 3;
            case ChoicePoint.WorldAction:
                return Allowed(_worldActions, bits, n);
            case ChoicePoint.ApplicationAction:
                return Allowed(_applicationActions, bits, n);
            case ChoicePoint.Item when _isByPriority:
                return ByPriority(bits, n);
            default:
                return (byte)bits < _benign[(int)point] ? 0 : (int)((bits >> 8) % (ulong)n);
        }
    }

    /// <summary>Whoever stands at one place in the order goes first, until a change point: few, but deep, departures from the usual order.</summary>
    private int ByPriority(ulong bits, int n)
    {
        if ((bits & 63) == 0)
        {
            _place = (byte)(bits >> 8);
        }

        return _place * n >> 8;
    }

    private static int Allowed(uint mask, ulong bits, int n)
    {
        var option = (int)(bits % (ulong)n);
        for (var tries = 0; tries < n; tries++)
        {
            if ((mask >> option & 1) != 0)
            {
                return option;
            }

            option = option + 1 == n ? 0 : option + 1;
        }

        return 0;
    }

    /// <summary>How many of 256 choices are benign without a look at the options.</summary>
    private byte Chance(ChoicePoint point, int hardness) => point switch
    {
        ChoicePoint.DialFate or ChoicePoint.ReadFate or ChoicePoint.RowFault or ChoicePoint.EventFate or ChoicePoint.KeyspaceFate
            or ChoicePoint.AnswerFate or ChoicePoint.WarmFate or ChoicePoint.ReadMoment => (byte)(hardness == 0 ? 255 : 250 - (hardness * Below(50))),
        ChoicePoint.Arrival or ChoicePoint.Item or ChoicePoint.ViewAge => (byte)(hardness == 0 ? 200 : Below(200)),
        ChoicePoint.ContactFate => 128,
        ChoicePoint.TimeLeap or ChoicePoint.ShardGiven => 200,
        ChoicePoint.PartFate => (byte)(255 - (hardness * 40)),
        _ => 0,
    };

    /// <summary>Mostly about half of them; at times all.</summary>
    private uint Half()
    {
        var mask = (uint)Next();
        return (Next() & 7) == 0 ? uint.MaxValue : mask;
    }

    private int Below(int n) => (int)(Next() % (ulong)n);

    private ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58_476D_1CE4_E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
        return mixed ^ (mixed >> 31);
    }
}
