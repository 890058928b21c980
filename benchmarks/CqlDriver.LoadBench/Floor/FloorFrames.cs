using CqlDriver.LoadBench.Answerer;
using CqlDriver.LoadBench.Load;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Floor;

/// <summary>
/// EXECUTE requests as the driver writes them, encoded once and laid out twice as a ring, so that any number of them lies in
/// one piece. On v5 each is a segment of its own: ten bytes more than the driver's, which share segments, but which need a
/// checksum over each flight.
/// </summary>
internal sealed class FloorFrames
{
    private const int DriverPageSize = 5000;

    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private int _next;

    /// <param name="operation">What they ask for.</param>
    /// <param name="version">In which version.</param>
    /// <param name="window">The most that will be taken at once.</param>
    public FloorFrames(Operation operation, ProtocolVersion version, int window)
    {
        // Even, so that inserts and selects of a mix stay in turn.
        var ring = window + (window % 2);
        _starts = new int[(2 * ring) + 1];
        using var output = new GrowableBuffer();
        for (var i = 0; i < 2 * ring; i++)
        {
            _starts[i] = output.Length;
            WriteFrame(output, operation, version, i % ring);
        }

        _starts[^1] = output.Length;
        _bytes = output.WrittenSpan.ToArray();
    }

    private int Ring => _starts.Length / 2;

    public ReadOnlySpan<byte> Take(int count)
    {
        var start = _starts[_next];
        var end = _starts[_next + count];
        _next = (_next + count) % Ring;
        return _bytes.AsSpan(start, end - start);
    }

    public static void WriteStartup(GrowableBuffer output, ProtocolVersion version) =>
        RequestEncoder.Startup(output, new RequestHead(version, 0), new Dictionary<string, string> { ["CQL_VERSION"] = "3.0.0" });

    private static void WriteFrame(GrowableBuffer output, Operation operation, ProtocolVersion version, int number)
    {
        var segments = new SegmentWriter(lz4: false);
        var segment = version == ProtocolVersion.V5 ? segments.Open(output) : 0;
        WriteExecute(output, Statement(operation, number), version, number);
        if (version == ProtocolVersion.V5)
        {
            segments.Close(output, segment);
        }
    }

    private static CannedStatement Statement(Operation operation, int number)
    {
        if (Workload.IsInsert(operation, number))
        {
            return CannedStatement.Insert;
        }

        return operation == Operation.Page ? CannedStatement.Page : CannedStatement.SelectOne;
    }

    /// <summary>With the options that the driver has by default; what that amounts to on the wire is compared by --check.</summary>
    private static void WriteExecute(GrowableBuffer output, CannedStatement statement, ProtocolVersion version, int number)
    {
        var columns = CannedStatements.BoundColumns(statement);
        using var values = new GrowableBuffer();
        if (columns >= 1)
        {
            values.WriteInt32(CannedBodies.KeyBytes);
            values.Append(CannedBodies.KeyBytes - sizeof(int)).Clear();
            values.WriteInt32(number);
        }

        if (columns == 3)
        {
            values.WriteInt32(sizeof(int));
            values.WriteInt32(number);
            values.WriteBytes("value-00000"u8);
        }

        var id = CannedStatements.Id(statement);
        RequestEncoder.Execute(output, new RequestHead(version, (short)number), id, id, new QueryParameters(ConsistencyLevel.LocalQuorum)
        {
            Values = values.WrittenSpan,
            ValueCount = columns,
            SkipMetadata = version == ProtocolVersion.V5 && statement != CannedStatement.Insert,
            PageSize = statement == CannedStatement.Page ? CannedBodies.PageRows : DriverPageSize,
            Timestamp = DateTime.UtcNow.Ticks / TimeSpan.TicksPerMicrosecond,
        });
    }
}
