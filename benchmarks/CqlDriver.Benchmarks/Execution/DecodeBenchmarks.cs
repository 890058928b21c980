using BenchmarkDotNet.Attributes;
using CqlDriver.Execution;
using CqlDriver.LoadBench.Answerer;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver.Benchmarks.Execution;

/// <summary>A body from the receive buffer becomes a result, which is disposed unread: what an answer costs beside its socket and its values.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    private readonly ExecutionInfo _info = new(new Node(new HostId(Guid.NewGuid())));
    private Answer _answer;
    private byte[] _row = [];
    private byte[] _page = [];
    private KnownColumns? _known;
    private RowLayout _layout = RowLayout.Empty;

    /// <summary>Protocol v4 has the columns in each answer, v5 has not.</summary>
    [Params(true, false)]
    public bool HasColumns { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _row = CannedBodies.DataRows(1, HasColumns);
        _page = CannedBodies.DataRows(CannedBodies.PageRows, HasColumns);
        _layout = new RowLayout(SomeStatement.Columns, CodecRegistry.Default);
        if (HasColumns)
        {
            var header = SomeStatement.ReadHeader(_row);
            _known = new KnownColumns(header.Metadata!, header.IsOfOneTable, _row[header.ColumnBytes]);
        }
    }

    [Benchmark]
    public bool Void()
    {
        Take(CannedBodies.Void);
        return _answer.IsPlainVoid;
    }

    [Benchmark]
    public int OneRow() => Rows(_row);

    [Benchmark]
    public int Page() => Rows(_page);

    private int Rows(byte[] received)
    {
        Take(received);
        var header = SomeStatement.ReadHeader(_answer.Body, _known);
        var body = _answer.Detach(out var length);
        using var rows = new RowSet(_info, _layout, body, length, header.ContentOffset, header.RowCount, null);
        return rows.Count;
    }

    private void Take(byte[] received)
    {
        byte[]? owned = null;
        _answer.Set(new FrameHeader(4, true, FrameFlags.None, 1, Opcode.Result, received.Length), received, ref owned);
    }
}
