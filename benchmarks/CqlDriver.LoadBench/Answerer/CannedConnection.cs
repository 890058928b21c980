using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>One connection to the answerer: reads whole frames or segments, appends answers, writes them at once.</summary>
internal sealed class CannedConnection(Socket socket, CannedServer server)
{
    private const int WriteAtBytes = 256 * 1024;
    private const int CloseSegmentAtBytes = 64 * 1024;
    private const int NoSegment = -1;

    private static readonly SegmentWriter Segments = new(lz4: false);

    private static readonly byte[][] RowAnswers = [CannedBodies.DataRows(1, withMetadata: false), CannedBodies.DataRows(1, withMetadata: true)];
    private static readonly byte[][] PageAnswers =
        [CannedBodies.DataRows(CannedBodies.PageRows, withMetadata: false), CannedBodies.DataRows(CannedBodies.PageRows, withMetadata: true)];

    private readonly GrowableBuffer _output = new(2 * WriteAtBytes);
    private byte[] _input = new byte[256 * 1024];
    private int _inputLength;
    private int _segmentStart = NoSegment;
    private bool _isV5;
    private int _executions;
    private int _requestBytes;
    private int _answerBytes;

    public void Serve()
    {
        int received;
        while ((received = socket.Receive(_input.AsSpan(_inputLength))) > 0)
        {
            _inputLength += received;
            var used = Consume(_input.AsSpan(0, _inputLength));
            _input.AsSpan(used, _inputLength - used).CopyTo(_input);
            _inputLength -= used;
            if (_inputLength == _input.Length)
            {
                Array.Resize(ref _input, _input.Length * 2);
            }

            Flush();
        }
    }

    private int Consume(ReadOnlySpan<byte> input)
    {
        var used = 0;
        while (true)
        {
            var taken = _isV5 ? ConsumeSegment(input[used..]) : ConsumeFrame(input[used..]);
            if (taken == 0)
            {
                return used;
            }

            used += taken;
        }
    }

    /// <summary>Takes one segment, which must be self-contained: no request of the load generator fills one.</summary>
    private int ConsumeSegment(ReadOnlySpan<byte> input)
    {
        if (input.Length < SegmentFormat.PlainHeaderSize)
        {
            return 0;
        }

        var length = SegmentFormat.ReadHeader(input, lz4: false).PayloadLength;
        var total = SegmentFormat.PlainHeaderSize + length + SegmentFormat.TrailerSize;
        if (input.Length < total)
        {
            return 0;
        }

        var payload = input.Slice(SegmentFormat.PlainHeaderSize, length);
        for (var used = 0; used < payload.Length;)
        {
            var taken = ConsumeFrame(payload[used..]);
            used += taken > 0 ? taken : throw new InvalidDataException("A request spans segments; the answerer takes small ones only.");
        }

        return total;
    }

    private int ConsumeFrame(ReadOnlySpan<byte> input)
    {
        if (input.Length < FrameHeader.Size)
        {
            return 0;
        }

        var header = FrameHeader.Read(input);
        if (input.Length < FrameHeader.Size + header.BodyLength)
        {
            return 0;
        }

        var body = input.Slice(FrameHeader.Size, header.BodyLength);
        if (header.Opcode == Opcode.Execute)
        {
            Execute(header, body);
        }
        else
        {
            AnswerOthers(header, body);
        }

        return FrameHeader.Size + header.BodyLength;
    }

    private void AnswerOthers(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        switch (header.Opcode)
        {
            case Opcode.Options:
                Answer(header, Opcode.Supported, CannedBodies.Supported);
                break;
            case Opcode.Startup:
                Answer(header, Opcode.Ready, []);
                Flush();
                _isV5 = header.Version >= 5;
                break;
            case Opcode.Register:
                Answer(header, Opcode.Ready, []);
                break;
            case Opcode.Prepare:
                Answer(header, Opcode.Result, CannedBodies.Prepared(CannedStatements.Recognise(LongString(body)), _isV5));
                break;
            case Opcode.Query:
                AnswerQuery(header, LongString(body));
                break;
            default:
                Answer(header, Opcode.Result, CannedBodies.Void);
                break;
        }
    }

    private void AnswerQuery(in FrameHeader header, string query)
    {
        var rows = SystemTables.Answer(query, server.Port);
        var body = rows ?? (query.StartsWith("USE", StringComparison.OrdinalIgnoreCase) ? CannedBodies.SetKeyspace : CannedBodies.Void);
        var isError = rows is not null && BinaryPrimitives.ReadInt32BigEndian(rows) > 0x0FFF;
        Answer(header, isError ? Opcode.Error : Opcode.Result, body);
    }

    /// <summary>EXECUTE: [short bytes] id, on v5 [short bytes] metadata id, consistency, flags (v5, section 4.1.6).</summary>
    private void Execute(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        var statement = (CannedStatement)body[2];
        var position = 2 + BinaryPrimitives.ReadInt16BigEndian(body);
        if (_isV5)
        {
            position += 2 + BinaryPrimitives.ReadInt16BigEndian(body[position..]);
        }

        var flags = _isV5 ? BinaryPrimitives.ReadInt32BigEndian(body[(position + 2)..]) : body[position + 2];
        var values = body[(position + 2 + (_isV5 ? sizeof(int) : 1))..];
        var withMetadata = (flags & 0x02) == 0 ? 1 : 0;
        var answer = statement switch
        {
            CannedStatement.Insert => CannedBodies.Void,
            CannedStatement.SelectOne => RowAnswers[withMetadata],
            _ => PageAnswers[withMetadata],
        };
        _executions++;
        _requestBytes += FrameHeader.Size + header.BodyLength;
        _answerBytes += FrameHeader.Size + answer.Length;
        Append(header, Opcode.Result, answer);
        if (statement == CannedStatement.SelectOne)
        {
            // The count of values, the length of the first one, the key.
            CannedBodies.SetKeyOfLastRow(_output.MutableSpan, values.Slice(sizeof(short) + sizeof(int), CannedBodies.KeyBytes));
        }

        SendIfMuch();
    }

    private void Answer(in FrameHeader request, Opcode opcode, ReadOnlySpan<byte> body)
    {
        Append(request, opcode, body);
        SendIfMuch();
    }

    private void Append(in FrameHeader request, Opcode opcode, ReadOnlySpan<byte> body)
    {
        if (_isV5 && _segmentStart == NoSegment)
        {
            _segmentStart = Segments.Open(_output);
        }

        var frame = _output.Append(FrameHeader.Size + body.Length);
        new FrameHeader(request.Version, true, FrameFlags.None, request.Stream, opcode, body.Length).Write(frame);
        body.CopyTo(frame[FrameHeader.Size..]);
    }

    private void SendIfMuch()
    {
        if (_segmentStart != NoSegment && _output.Length - _segmentStart >= CloseSegmentAtBytes)
        {
            CloseSegment();
        }

        if (_output.Length >= WriteAtBytes || _executions >= server.Batch)
        {
            Flush();
        }
    }

    private void CloseSegment()
    {
        if (_segmentStart != NoSegment)
        {
            Segments.Close(_output, _segmentStart);
            _segmentStart = NoSegment;
        }
    }

    private void Flush()
    {
        CloseSegment();
        if (_executions > 0)
        {
            server.Count(_executions, _requestBytes, _answerBytes);
            (_executions, _requestBytes, _answerBytes) = (0, 0, 0);
            if (server.Delay > TimeSpan.Zero)
            {
                Thread.Sleep(server.Delay);
            }
        }

        for (var sent = 0; sent < _output.Length;)
        {
            sent += socket.Send(_output.WrittenSpan[sent..]);
        }

        _output.Clear();
    }

    private static string LongString(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body.Slice(4, BinaryPrimitives.ReadInt32BigEndian(body)));
}
