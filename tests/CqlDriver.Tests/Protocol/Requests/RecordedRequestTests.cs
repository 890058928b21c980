using System.Text.Json;
using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Requests;

public class RecordedRequestTests
{
    [Fact]
    public void Encoding_the_fields_of_every_recorded_request_gives_its_bytes()
    {
        var messages = RecordedConversations.Read().Messages.Where(message => !message.IsFromServer)
            .ToDictionary(message => (message.Conversation, message.Unit, message.Index));
        var compared = 0;
        foreach (var decoded in VectorFile.Read("decoded").Where(line => line.Text("from") == "client"))
        {
            var message = messages[(decoded.Text("conversation")!, decoded.GetProperty("seq").GetInt32(), decoded.Int("index") ?? 0)];
            using var buffer = new GrowableBuffer();
            Encode(buffer, message, decoded.GetProperty("request"));

            var expected = new byte[FrameHeader.Size + message.Body.Length];
            (message.Header with { Flags = message.Header.Flags & ~FrameFlags.Compressed, BodyLength = message.Body.Length }).Write(expected);
            message.Body.CopyTo(expected, FrameHeader.Size);
            Convert.ToHexString(buffer.WrittenSpan).Should().Be(Convert.ToHexString(expected), "of {0} {1} {2}", message.Conversation, message.Unit, message.Note);
            compared++;
        }

        compared.Should().Be(2066);
    }

    [Fact]
    public void Decoding_every_recorded_request_and_encoding_it_again_gives_its_bytes()
    {
        var refused = new List<string>();
        var compared = 0;
        foreach (var message in RecordedConversations.Read().Messages.Where(message => !message.IsFromServer))
        {
            CqlRequest request;
            try
            {
                request = RequestDecoder.Decode(message.Header, message.Body);
            }
            catch (CqlProtocolException)
            {
                refused.Add(message.Note);
                continue;
            }

            using var buffer = new GrowableBuffer();
            RequestAgain.Encode(buffer, message.Header.Version, message.Header.Stream, request);
            Convert.ToHexString(buffer.WrittenSpan[FrameHeader.Size..]).Should().Be(Convert.ToHexString(message.Body), "of {0}", message.Note);
            compared++;
        }

        refused.Distinct().Should().BeEquivalentTo("an unknown opcode", "QUERY whose body ends too soon", "EXECUTE of one byte", "a RESULT from the client");
        compared.Should().BeGreaterThan(2066);
    }

    private static void Encode(GrowableBuffer buffer, RecordedMessage message, JsonElement request)
    {
        var head = new RequestHead((ProtocolVersion)message.Header.Version, message.Header.Stream)
        {
            IsTraced = request.TryGetProperty("tracing", out _),
            CustomPayload = request.TryGetProperty("custom_payload", out var payload)
                ? payload.EnumerateObject().ToDictionary(entry => entry.Name, entry => (byte[]?)entry.Value.Hex())
                : null,
        };
        var large = LargeValues(message);
        switch (request.Text("op"))
        {
            case "OPTIONS":
                RequestEncoder.Options(buffer, head);
                break;
            case "STARTUP":
                RequestEncoder.Startup(buffer, head, request.GetProperty("options").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!));
                break;
            case "AUTH_RESPONSE":
                RequestEncoder.AuthResponse(buffer, head, request.Hex("token"));
                break;
            case "REGISTER":
                RequestEncoder.Register(buffer, head, request.GetProperty("events").Strings());
                break;
            case "PREPARE":
                RequestEncoder.Prepare(buffer, head, request.Text("query")!, request.Text("keyspace"));
                break;
            case "QUERY":
                RequestEncoder.Query(buffer, head, request.Text("query")!, Parameters(request, large));
                break;
            case "EXECUTE":
                RequestEncoder.Execute(buffer, head, request.Hex("id"), request.HexOrNull("result_metadata_id"), Parameters(request, large));
                break;
            case "BATCH":
                EncodeBatch(buffer, head, request, large);
                break;
            case var other:
                throw new InvalidOperationException(other);
        }
    }

    private static byte[][] LargeValues(RecordedMessage message)
    {
        var values = RequestDecoder.Decode(message.Header, message.Body) switch
        {
            QueryRequest query => query.Parameters.Values,
            ExecuteRequest execute => execute.Parameters.Values,
            BatchRequest batch => [.. batch.Statements.SelectMany(statement => statement.Values)],
            _ => [],
        };
        return [.. values.Where(value => value.Bytes?.Length > 4096).Select(value => value.Bytes!)];
    }

    private static void EncodeBatch(GrowableBuffer buffer, in RequestHead head, JsonElement request, IReadOnlyList<byte[]> large)
    {
        using var statements = new GrowableBuffer();
        foreach (var statement in request.GetProperty("statements").EnumerateArray())
        {
            var (values, count) = Values(statement, large);
            if (statement.HexOrNull("id") is { } id)
            {
                BatchStatements.AppendPrepared(statements, id, count, values);
            }
            else
            {
                BatchStatements.AppendQuery(statements, statement.Text("query")!, count, values);
            }
        }

        RequestEncoder.Batch(buffer, head, new BatchParameters(Enum.Parse<BatchKind>(request.Text("type")!, ignoreCase: true), Consistency(request, "consistency"))
        {
            Statements = statements.WrittenSpan,
            StatementCount = request.GetProperty("statements").GetArrayLength(),
            SerialConsistency = request.TryGetProperty("serial_consistency", out _) ? Consistency(request, "serial_consistency") : null,
            Timestamp = Timestamp(request),
            Keyspace = request.Text("keyspace"),
            NowInSeconds = request.Int("now_in_seconds"),
        });
    }

    private static QueryParameters Parameters(JsonElement request, IReadOnlyList<byte[]> large)
    {
        var (values, count) = Values(request, large);
        return new QueryParameters(request.TryGetProperty("consistency", out _) ? Consistency(request, "consistency") : ConsistencyLevel.One)
        {
            Values = values,
            ValueCount = count,
            ValuesAreNamed = request.TryGetProperty("named_values", out _),
            SkipMetadata = request.TryGetProperty("skip_metadata", out _),
            PageSize = request.Int("page_size") ?? 0,
            PagingState = request.HexOrNull("paging_state"),
            SerialConsistency = request.TryGetProperty("serial_consistency", out _) ? Consistency(request, "serial_consistency") : null,
            Timestamp = Timestamp(request),
            Keyspace = request.Text("keyspace"),
            NowInSeconds = request.Int("now_in_seconds"),
        };
    }

    private static (byte[] Encoded, int Count) Values(JsonElement request, IReadOnlyList<byte[]> large)
    {
        using var buffer = new GrowableBuffer();
        var count = 0;
        if (request.TryGetProperty("values", out var values))
        {
            foreach (var value in values.EnumerateArray())
            {
                Append(buffer, value, large);
                count++;
            }
        }

        if (request.TryGetProperty("named_values", out var named))
        {
            foreach (var value in named.EnumerateObject())
            {
                buffer.WriteString(value.Name);
                Append(buffer, value.Value, large);
                count++;
            }
        }

        return (buffer.WrittenSpan.ToArray(), count);
    }

    private static void Append(GrowableBuffer buffer, JsonElement value, IReadOnlyList<byte[]> large)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            buffer.WriteNull();
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            // The vectors have the length and the checksum of a large value; its bytes are in the message alone.
            buffer.WriteBytes(large.First(bytes => bytes.Length == value.Int("length") && Crc32.Compute(bytes) == value.Crc()));
        }
        else if (value.GetString() == "unset")
        {
            buffer.WriteUnset();
        }
        else
        {
            buffer.WriteBytes(value.Hex());
        }
    }

    private static ConsistencyLevel Consistency(JsonElement request, string property) => ReferenceText.Consistency(request.Text(property)!);

    private static long? Timestamp(JsonElement request) => request.TryGetProperty("timestamp", out var timestamp) ? timestamp.GetInt64() : null;
}
