using BenchmarkDotNet.Attributes;
using CqlDriver.Connections;
using CqlDriver.Execution;
using CqlDriver.Types;

namespace CqlDriver.Benchmarks.Execution;

/// <summary>A request whose values are encoded becomes a frame in the send buffer: paid by the write loop, or by the caller who finds it idle.</summary>
[MemoryDiagnoser]
public class EncodeBenchmarks
{
    private readonly GrowableBuffer _frames = new();
    private readonly RequestContent _content = new();
    private ConnectionFacts _connection = new(ProtocolVersion.V4);

    [Params(4, 5)]
    public int Version { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        var insert = SomeStatement.Insert();
        _connection = new ConnectionFacts((ProtocolVersion)Version);
        _content.SetExecute(insert, StatementOptions.Default);
        ParameterValues.Write(insert, _content.Values, Guid.NewGuid(), 7, SomeStatement.Text);
        _content.Resolve(new RequestDefaults(ConsistencyLevel.LocalQuorum, null, 5000, IsIdempotent: false), 1_700_000_000_000_000);
    }

    [Benchmark]
    public int Execute()
    {
        _frames.Clear();
        _content.Encode(_frames, 1, _connection);
        return _frames.Length;
    }
}
