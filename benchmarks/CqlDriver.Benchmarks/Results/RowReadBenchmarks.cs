using BenchmarkDotNet.Attributes;

namespace CqlDriver.Benchmarks.Results;

/// <summary>Going through a page of 1,000 rows; time and bytes are of one row.</summary>
[MemoryDiagnoser]
public class RowReadBenchmarks
{
    private const int Rows = LoadBench.Answerer.CannedBodies.PageRows;
    private const int WideColumns = 20;

    private readonly RowSet _page = SomeRows.Page();
    private readonly RowSet _wide = SomeRows.Of(
        Rows, [.. Enumerable.Range(0, WideColumns).Select(static i => i % 2 == 0 ? (CqlType.Int, (object?)i) : (CqlType.Text, "some text"))]);

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Enumerate()
    {
        var count = 0;
        foreach (var row in _page)
        {
            count++;
        }

        return count;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int AllByOrdinal()
    {
        var sum = 0;
        foreach (var row in _page)
        {
            sum += row.Get<Guid>(0).GetHashCode() + row.Get<int>(1) + row.Get<string>(2).Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int AllByName()
    {
        var sum = 0;
        foreach (var row in _page)
        {
            sum += row.Get<Guid>("id").GetHashCode() + row.Get<int>("n") + row.Get<string>("v").Length;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int NumbersByOrdinal()
    {
        var sum = 0;
        foreach (var row in _page)
        {
            sum += row.Get<Guid>(0).GetHashCode() + row.Get<int>(1);
        }

        return sum;
    }

    /// <summary>Ten numbers of twenty columns.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int WideByOrdinal()
    {
        var sum = 0;
        foreach (var row in _wide)
        {
            for (var i = 0; i < WideColumns; i += 2)
            {
                sum += row.Get<int>(i);
            }
        }

        return sum;
    }

    /// <summary>Three numbers of twenty columns.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int WideByName()
    {
        var sum = 0;
        foreach (var row in _wide)
        {
            sum += row.Get<int>("c2") + row.Get<int>("c10") + row.Get<int>("c18");
        }

        return sum;
    }
}
