using System.Buffers;
using System.Text.Json;
using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>A recorded conversation: what the client sent, unit by unit, and what the server answered, message by message.</summary>
internal sealed class Recording
{
    private readonly List<(int Seq, RawAnswer Answer)> _answers = [];

    public Recording(string conversation)
    {
        using var segments = new Cutter(expectResponse: true);
        using var requests = new Cutter(expectResponse: false);
        foreach (var unit in VectorFile.Read("frames").Where(unit => unit.Text("conversation") == conversation))
        {
            var seq = unit.GetProperty("seq").GetInt32();
            if (unit.Text("from") == "server")
            {
                _answers.AddRange(segments.Cut(unit).Select(frame => (seq, new RawAnswer(frame.Header, ResponseDecoder.Decode(frame.Header, frame.Body), frame.Body))));
            }
            else
            {
                Requests.Add((seq, unit.Text("note")!, unit.Hex("raw"), [.. requests.Cut(unit).Select(frame => (frame.Header.Stream, RequestDecoder.Decode(frame.Header, frame.Body)))]));
            }
        }
    }

    public List<(int Seq, string Note, byte[] Raw, List<(short Stream, CqlRequest Request)> Messages)> Requests { get; } = [];

    /// <summary>The answer to a request: the next message with its stream id.</summary>
    public RawAnswer AnswerTo(int seq, short stream) => _answers.First(entry => entry.Seq > seq && entry.Answer.Header.Stream == stream).Answer;

    private sealed class Cutter(bool expectResponse) : IDisposable
    {
        private SegmentReader? _segments;
        private readonly FrameAssembler _assembler = new(expectResponse, FrameReader.DefaultMaxBodyBytes);

        public List<(FrameHeader Header, byte[] Body)> Cut(JsonElement unit)
        {
            var frames = new List<(FrameHeader, byte[])>();
            var raw = unit.Hex("raw");
            var compression = unit.Text("compression") switch { "lz4" => FrameCompression.Lz4, "snappy" => FrameCompression.Snappy, _ => FrameCompression.None };
            if (unit.Text("unit") == "frame")
            {
                var header = FrameHeader.Read(raw);
                var body = raw[FrameHeader.Size..];
                if (BodyCompression.IsCompressed(header))
                {
                    var plain = new byte[BodyCompression.DecompressedLength(compression, body, FrameReader.DefaultMaxBodyBytes)];
                    BodyCompression.Decompress(compression, body, plain);
                    body = plain;
                }

                return [(header, body)];
            }

            _segments ??= new SegmentReader(compression == FrameCompression.Lz4);
            _segments.TryRead(raw.AsSpan(), out var segment).Should().BeTrue();
            if (!segment.IsSelfContained)
            {
                if (_assembler.Append(segment.Payload, out var whole))
                {
                    var frame = _assembler.TakeFrame(out var length);
                    frames.Add((whole, frame.AsSpan(FrameHeader.Size, length - FrameHeader.Size).ToArray()));
                    ArrayPool<byte>.Shared.Return(frame);
                }

                return frames;
            }

            for (var rest = segment.Payload; !rest.IsEmpty;)
            {
                var header = FrameHeader.Read(rest);
                frames.Add((header, rest.Slice(FrameHeader.Size, header.BodyLength).ToArray()));
                rest = rest[(FrameHeader.Size + header.BodyLength)..];
            }

            return frames;
        }

        public void Dispose()
        {
            _segments?.Dispose();
            _assembler.Dispose();
        }
    }
}
