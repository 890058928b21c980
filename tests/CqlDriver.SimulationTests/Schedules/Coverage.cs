using System.Text;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>How often each option was taken at each point, and how answers fared at the gate. What stays at zero is a hole in the world.</summary>
internal sealed class Coverage
{
    private static readonly ChoicePoint[] Points = Enum.GetValues<ChoicePoint>();
    private static readonly EffectKind[] Kinds = Enum.GetValues<EffectKind>();
    private static readonly GateOutcome[] Outcomes = Enum.GetValues<GateOutcome>();
    private readonly long[][] _options = [.. Points.Select(static _ => new long[256])];
    private readonly long[][] _gate = [.. Kinds.Select(static _ => new long[Outcomes.Length])];

    public void Count(ChoicePoint point, int option) => _options[(int)point][option]++;

    public void Count(EffectKind kind, GateOutcome outcome) => _gate[(int)kind][(int)outcome]++;

    public void Add(Coverage other)
    {
        for (var i = 0; i < _options.Length; i++)
        {
            for (var j = 0; j < _options[i].Length; j++)
            {
                _options[i][j] += other._options[i][j];
            }
        }

        for (var i = 0; i < _gate.Length; i++)
        {
            for (var j = 0; j < _gate[i].Length; j++)
            {
                _gate[i][j] += other._gate[i][j];
            }
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var point in Points)
        {
            var counts = _options[(int)point];
            var last = Array.FindLastIndex(counts, static count => count > 0);
            text.AppendLine($"  {point,-20} {string.Join(' ', counts.Take(last + 1))}");
        }

        text.AppendLine("gate");
        foreach (var kind in Kinds)
        {
            var counts = _gate[(int)kind];
            text.AppendLine($"  {kind,-24} {string.Join("  ", Outcomes.Select(outcome => $"{outcome} {counts[(int)outcome]}"))}");
        }

        return text.ToString();
    }
}
