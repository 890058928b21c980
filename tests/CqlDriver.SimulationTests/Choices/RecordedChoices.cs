namespace CqlDriver.SimulationTests;

/// <summary>Choices as they were made before; after their end, and beyond the options there are, the most benign ones.</summary>
internal sealed class RecordedChoices(IReadOnlyList<byte> answers) : ChoiceSource
{
    private int _next;

    /// <summary>How many were asked for.</summary>
    public int Asked => _next;

    public override int Choose(ChoicePoint point, int n)
    {
        var answer = _next < answers.Count ? answers[_next] : 0;
        _next++;
        return answer < n ? answer : 0;
    }
}
