using BenchmarkDotNet.Attributes;
using CqlDriver.Execution;

namespace CqlDriver.Benchmarks.Execution;

/// <summary>Three values of the caller into a request: paid by the caller of each request.</summary>
[MemoryDiagnoser]
public class BindBenchmarks
{
    private readonly RequestContent _content = new();
    private readonly PreparedCore _core = SomeStatement.Insert();
    private readonly Guid _id = Guid.NewGuid();
    private PreparedStatement? _prepared;
    private BoundStatement? _bound;

    [GlobalSetup]
    public void Prepare()
    {
        _prepared = new PreparedStatement(_core, StatementOptions.Default);
        _bound = _prepared.Bind(_id, 7, SomeStatement.Text);
    }

    /// <summary>What <c>ExecuteAsync(prepared, (a, b, c))</c> does.</summary>
    [Benchmark(Baseline = true)]
    public int Tuple()
    {
        _content.Clear();
        _content.SetExecute(_core, StatementOptions.Default);
        ParameterValues.Write(_core, _content.Values, _id, 7, SomeStatement.Text);
        return _content.Values.Length;
    }

    /// <summary>A statement object of its own, which may be kept.</summary>
    [Benchmark]
    public BoundStatement Bind() => _prepared!.Bind(_id, 7, SomeStatement.Text);

    [Benchmark]
    public BoundStatement BindObjects() => _prepared!.Bind(values: [_id, 7, SomeStatement.Text]);

    /// <summary>A statement bound before.</summary>
    [Benchmark]
    public int ExecuteBound()
    {
        _content.Clear();
        StatementEncoding.Fill(_content, _bound!, CodecRegistry.Default);
        return _content.EncodedValues.Length;
    }
}
