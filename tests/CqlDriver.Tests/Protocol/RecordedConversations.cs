using System.Text.Json;
using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Tests.Protocol;

/// <summary>A message of a recorded conversation, its body uncompressed.</summary>
/// <param name="Unit">Where it ends: the number of the unit.</param>
/// <param name="FirstUnit">Where it began.</param>
/// <param name="Index">Which message of its segment.</param>
internal sealed record RecordedMessage(
    string Conversation, int Unit, int FirstUnit, int Index, bool IsFromServer, FrameHeader Header, byte[] Body, int ConversationVersion, string Note);

/// <summary>Takes the recorded conversations apart with the readers of the driver, each direction with readers of its own.</summary>
internal sealed class RecordedConversations
{
    private const int MaxBodyBytes = 64 * 1024 * 1024;

    private readonly Dictionary<(string, bool), (SegmentReader Segments, FrameAssembler Parts, int FirstUnit)> _readers = [];

    public List<RecordedMessage> Messages { get; } = [];

    /// <summary>The units that are wrong on purpose, and how they were refused; null: they were not.</summary>
    public List<(string Note, CqlProtocolException? Refusal)> Bad { get; } = [];

    public int Segments { get; private set; }

    public static RecordedConversations Read()
    {
        var conversations = new RecordedConversations();
        foreach (var unit in VectorFile.Read("frames"))
        {
            conversations.Take(unit);
        }

        return conversations;
    }

    private void Take(JsonElement unit)
    {
        var raw = unit.Hex("raw");
        switch (unit.Text("unit"))
        {
            case "frame":
                var taken = TakeFrame(unit, raw, unit.GetProperty("seq").GetInt32(), 0);
                taken.Should().Be(raw.Length);
                break;
            case "segment":
                Segments++;
                TakeSegment(unit, raw);
                break;
            default:
                TakeBad(unit, raw);
                break;
        }
    }

    private void TakeBad(JsonElement unit, byte[] raw)
    {
        CqlProtocolException? refusal = null;
        try
        {
            if (raw[0] is 0x02 or 0x82)
            {
                FrameReader.TryReadHeader(raw, IsFromServer(unit), MaxBodyBytes, out _);
            }
            else
            {
                using var reader = new SegmentReader(lz4: false);
                reader.TryRead(raw, out _);
            }
        }
        catch (CqlProtocolException refused)
        {
            refusal = refused;
        }

        Bad.Add((unit.Text("note")!, refusal));
    }

    private void TakeSegment(JsonElement unit, byte[] raw)
    {
        var key = (unit.Text("conversation")!, IsFromServer(unit));
        if (!_readers.TryGetValue(key, out var state))
        {
            state = (new SegmentReader(unit.Text("compression") == "lz4"), new FrameAssembler(IsFromServer(unit), MaxBodyBytes), 0);
        }

        state.Segments.TryRead(raw, out var segment).Should().BeTrue();
        segment.Consumed.Should().Be(raw.Length);
        var sequence = unit.GetProperty("seq").GetInt32();
        if (segment.IsSelfContained)
        {
            var index = 0;
            for (var payload = segment.Payload; !payload.IsEmpty; index++)
            {
                payload = payload[TakeFrame(unit, payload, sequence, index)..];
            }
        }
        else
        {
            var firstUnit = state.Parts.IsInTheMiddle ? state.FirstUnit : sequence;
            state = (state.Segments, state.Parts, firstUnit);
            if (state.Parts.Append(segment.Payload, out _))
            {
                var frame = state.Parts.TakeFrame(out var length);
                TakeFrame(unit, frame.AsSpan(0, length), sequence, 0, firstUnit);
            }
        }

        _readers[key] = state;
    }

    private int TakeFrame(JsonElement unit, ReadOnlySpan<byte> bytes, int sequence, int index, int? firstUnit = null)
    {
        FrameReader.TryReadHeader(bytes, IsFromServer(unit), MaxBodyBytes, out var header).Should().BeTrue();
        var body = bytes.Slice(FrameHeader.Size, header.BodyLength).ToArray();
        if (BodyCompression.IsCompressed(header))
        {
            var compression = unit.Text("compression") == "lz4" ? FrameCompression.Lz4 : FrameCompression.Snappy;
            var plain = new byte[BodyCompression.DecompressedLength(compression, body, MaxBodyBytes)];
            BodyCompression.Decompress(compression, body, plain);
            body = plain;
        }

        Messages.Add(new RecordedMessage(
            unit.Text("conversation")!, sequence, firstUnit ?? sequence, index, IsFromServer(unit), header, body, unit.GetProperty("version").GetInt32(), unit.Text("note")!));
        return FrameHeader.Size + header.BodyLength;
    }

    private static bool IsFromServer(JsonElement unit) => unit.Text("from") == "server";
}
