using System.Globalization;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>What an answerer spent and counted: executions only, in how many writes it
/// answered them, and the bytes of their frames, without segments.</summary>
internal sealed record AnswererCounts(TimeSpan Cpu, long Executions, long Batches, long RequestBytes, long AnswerBytes)
{
    public static AnswererCounts operator -(AnswererCounts later, AnswererCounts earlier) => new(
        later.Cpu - earlier.Cpu,
        later.Executions - earlier.Executions,
        later.Batches - earlier.Batches,
        later.RequestBytes - earlier.RequestBytes,
        later.AnswerBytes - earlier.AnswerBytes);

    public static AnswererCounts Parse(string line)
    {
        var numbers = Array.ConvertAll(line.Split(' '), text => long.Parse(text, CultureInfo.InvariantCulture));
        return new AnswererCounts(new TimeSpan(numbers[0]), numbers[1], numbers[2], numbers[3], numbers[4]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Cpu.Ticks} {Executions} {Batches} {RequestBytes} {AnswerBytes}");
}
