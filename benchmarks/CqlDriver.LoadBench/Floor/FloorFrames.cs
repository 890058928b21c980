using CqlDriver.LoadBench.Answerer;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Floor;

/// <summary>EXECUTE requests as the driver would write them, encoded once, one after the other, all of one length.</summary>
internal sealed class FloorFrames
{
    private const int SkipMetadataAndValues = 0x03;

    private readonly byte[] _bytes;

    public FloorFrames(Operation operation, ProtocolVersion version, int count)
    {
        using var output = new GrowableBuffer();
        var segments = new SegmentWriter(lz4: false);
        for (var i = 0; i < count; i++)
        {
            var start = version == ProtocolVersion.V5 ? segments.Open(output) : 0;
            WriteFrame(output, operation, version, (short)i, i);
            if (version == ProtocolVersion.V5)
            {
                segments.Close(output, start);
            }
        }

        _bytes = output.WrittenSpan.ToArray();
        FrameBytes = _bytes.Length / count;
    }

    public int FrameBytes { get; }

    public ReadOnlySpan<byte> Take(int count) => _bytes.AsSpan(0, count * FrameBytes);

    public static void WriteStartup(GrowableBuffer output, ProtocolVersion version)
    {
        ReadOnlySpan<byte> body = [0, 1, 0, 11, .. "CQL_VERSION"u8, 0, 5, .. "3.0.0"u8];
        new FrameHeader((byte)version, false, FrameFlags.None, 0, Opcode.Startup, body.Length).Write(output.Append(FrameHeader.Size));
        output.Write(body);
    }

    private static void WriteFrame(GrowableBuffer target, Operation operation, ProtocolVersion version, short stream, int key)
    {
        var start = target.Length;
        target.Append(FrameHeader.Size);
        WriteBody(target, operation, version, key);
        var body = target.Length - start - FrameHeader.Size;
        new FrameHeader((byte)version, false, FrameFlags.None, stream, Opcode.Execute, body).Write(target.MutableSpan[start..]);
    }

    private static void WriteBody(GrowableBuffer target, Operation operation, ProtocolVersion version, int key)
    {
        var statement = operation switch
        {
            Operation.Insert => CannedStatement.Insert,
            Operation.Select => CannedStatement.SelectOne,
            Operation.Page => CannedStatement.Page,
            _ => key % 2 == 0 ? CannedStatement.Insert : CannedStatement.SelectOne,
        };
        WriteShortBytes(target, CannedStatements.Id(statement));
        if (version == ProtocolVersion.V5)
        {
            WriteShortBytes(target, CannedStatements.Id(statement));
        }

        target.WriteInt16((short)ConsistencyLevel.LocalOne);
        if (version == ProtocolVersion.V5)
        {
            target.WriteInt32(SkipMetadataAndValues);
        }
        else
        {
            target.WriteByte(SkipMetadataAndValues);
        }

        // Mixed inserts are as long as mixed selects here, so that all frames have one length; the answerer does not look.
        var columns = operation == Operation.Insert ? CannedStatements.BoundColumns(statement) : Math.Min(CannedStatements.BoundColumns(statement), 1);
        target.WriteInt16((short)columns);
        if (columns >= 1)
        {
            target.WriteInt32(16);
            target.Append(16).Fill((byte)key);
        }

        if (columns == 3)
        {
            target.WriteInt32(4);
            target.WriteInt32(key);
            target.WriteInt32(11);
            target.Write("value-00000"u8);
        }
    }

    private static void WriteShortBytes(GrowableBuffer target, ReadOnlySpan<byte> bytes)
    {
        target.WriteInt16((short)bytes.Length);
        target.Write(bytes);
    }
}
