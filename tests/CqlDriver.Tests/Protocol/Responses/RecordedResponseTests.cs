using System.Text.Json;
using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol.Responses;

public class RecordedResponseTests
{
    [Fact]
    public void Every_unit_of_every_recorded_conversation_is_taken_and_the_bad_ones_are_refused()
    {
        var conversations = RecordedConversations.Read();

        conversations.Segments.Should().Be(1380);
        conversations.Bad.Should().HaveCount(4).And.OnlyContain(bad => bad.Refusal != null);
        conversations.Messages.Where(message => message.IsFromServer && message.Header.Opcode == Opcode.Event)
            .Should().OnlyContain(message => message.Header.Stream == ResponseDecoder.EventStream);
    }

    [Fact]
    public void Every_recorded_response_decodes_to_what_the_reference_says()
    {
        var messages = ServerMessages();
        var compared = 0;
        foreach (var decoded in VectorFile.Read("decoded").Where(line => line.Text("from") == "server"))
        {
            var message = messages[(decoded.Text("conversation")!, decoded.GetProperty("seq").GetInt32(), decoded.Int("index") ?? 0)];
            var why = $"{message.Conversation} {message.Unit} {message.Note}";
            message.FirstUnit.Should().Be(decoded.Int("first_seq") ?? message.Unit, why);
            message.Header.Version.Should().Be((byte)(decoded.Int("frame_version") ?? message.ConversationVersion), why);
            message.Header.Stream.Should().Be(decoded.GetProperty("stream").GetInt16(), why);
            var response = ResponseDecoder.Decode(message.Header, message.Body);
            Describe(response, message).Should().Be(Describe(decoded), why);
            ResponseDecoder.IsVoid(message.Header, message.Body).Should().Be(decoded.Text("kind") == "VOID", why);
            compared++;
        }

        compared.Should().Be(2837);
    }

    [Fact]
    public void Encoding_every_recorded_response_again_gives_its_bytes()
    {
        var different = new List<string>();
        foreach (var message in ServerMessages().Values.Where(message => message.Header.Version is 4 or 5))
        {
            var response = ResponseDecoder.Decode(message.Header, message.Body);
            using var buffer = new GrowableBuffer();
            if (response is RowsResponse rows)
            {
                ResponseEncoder.Rows(buffer, message.Header.Version, message.Header.Stream, rows.Prefix, rows.Rows, message.Body.AsSpan(rows.Rows.ContentOffset));
            }
            else
            {
                ResponseEncoder.Encode(buffer, message.Header.Version, message.Header.Stream, response);
            }

            if (!buffer.WrittenSpan[FrameHeader.Size..].SequenceEqual(message.Body))
            {
                different.Add($"{message.Conversation} {message.Unit} {message.Note}\n{Convert.ToHexStringLower(message.Body)}\n{Convert.ToHexStringLower(buffer.WrittenSpan[FrameHeader.Size..])}");
            }
        }

        different.Should().BeEmpty();
    }

    private static Dictionary<(string, int, int), RecordedMessage> ServerMessages() =>
        RecordedConversations.Read().Messages.Where(message => message.IsFromServer).ToDictionary(message => (message.Conversation, message.Unit, message.Index));

    private static string Describe(CqlResponse response, RecordedMessage message)
    {
        var prefix = $"trace {response.Prefix.TracingId?.ToString() ?? "none"} warnings [{string.Join("|", response.Prefix.Warnings)}] payload {ReferenceText.Payload(response.Prefix.CustomPayload)}\n";
        return prefix + response switch
        {
            ErrorResponse error => $"ERROR {(int)error.Code} {error.Message} {Details(error)}",
            ReadyResponse => "READY",
            AuthenticateResponse authenticate => $"AUTHENTICATE {authenticate.Authenticator}",
            AuthSuccessResponse success => $"AUTH_SUCCESS {Convert.ToHexStringLower(success.Token ?? [])}",
            SupportedResponse supported => "SUPPORTED " + string.Join(";", supported.Options.Select(option => $"{option.Key}={string.Join(",", option.Value)}")),
            EventResponse { Event: SchemaChangeEvent schema } => $"EVENT SCHEMA_CHANGE {Change(schema.Change)}",
            EventResponse { Event: TopologyChangeEvent topology } => $"EVENT TOPOLOGY_CHANGE {topology.Change} {topology.Address}",
            EventResponse { Event: StatusChangeEvent status } => $"EVENT STATUS_CHANGE {status.Change} {status.Address}",
            VoidResponse => "VOID",
            SetKeyspaceResponse keyspace => $"SET_KEYSPACE {keyspace.Keyspace}",
            SchemaChangeResponse schema => $"SCHEMA_CHANGE {Change(schema.Change)}",
            PreparedResponse { Prepared: var prepared } => DescribePrepared(prepared, message.Header.Version),
            RowsResponse rows => DescribeRows(rows.Rows, message.Body),
            _ => response.ToString(),
        };
    }

    private static string DescribePrepared(PreparedResult prepared, int version) =>
        $"PREPARED {ReferenceText.Hex(prepared.Id)} {ReferenceText.Hex(prepared.ResultMetadataId)} flags {prepared.Variables.Flags}\n"
        + $"pk {(version < 4 ? "" : string.Join(",", prepared.Variables.PartitionKeyIndexes))}\n{ReferenceText.Columns(prepared.Variables.Columns)}\n"
        + $"result {(prepared.ResultMetadata is null ? "null" : ReferenceText.Columns(prepared.ResultMetadata.Columns))}";

    private static string DescribeRows(RowsHeader rows, byte[] body)
    {
        var cells = new CqlReader(body, "ROWS", rows.ContentOffset);
        var text = $"ROWS {rows.ColumnCount} {(rows.Metadata is null ? "null" : ReferenceText.Columns(rows.Metadata.Columns))}\n"
            + $"{rows.RowCount} rows, paging {ReferenceText.Hex(rows.PagingState)} new id {ReferenceText.Hex(rows.NewMetadataId)}\n";
        for (var row = 0; row < rows.RowCount; row++)
        {
            for (var column = 0; column < rows.ColumnCount; column++)
            {
                var cell = cells.ReadBytes();
                text += row >= 20 ? "" : cell?.Length > 4096 ? $"{cell.Length} bytes {Crc32.Compute(cell)} " : ReferenceText.Hex(cell) + " ";
            }
        }

        cells.Remaining.Should().Be(0);
        return text;
    }

    private static string Details(ErrorResponse error) => error switch
    {
        UnavailableError e => $"{e.Consistency} {e.Required} {e.Alive}",
        WriteTimeoutError e => $"{e.Consistency} {e.Received} {e.Required} {e.WriteType}",
        ReadTimeoutError e => $"{e.Consistency} {e.Received} {e.Required} {e.DataPresent}",
        ReadFailureError e => $"{e.Consistency} {e.Received} {e.Required} {e.FailureCount} {Failures(e.Failures)} {e.DataPresent}",
        WriteFailureError e => $"{e.Consistency} {e.Received} {e.Required} {e.FailureCount} {Failures(e.Failures)} {e.WriteType}",
        FunctionFailureError e => $"{e.Keyspace} {e.Function} {string.Join(",", e.ArgumentTypes)}",
        AlreadyExistsError e => $"{e.Keyspace} '{e.Table}'",
        UnpreparedError e => Convert.ToHexStringLower(e.PreparedId),
        _ => "",
    };

    private static string Failures(IEnumerable<ReplicaFailure> failures) => string.Join(",", failures.Select(failure => $"{failure.Replica}={(int)failure.Reason}"));

    private static string Change(SchemaChange change) => $"{change.Change} {change.Target} {change.Keyspace} {change.Name} {string.Join(",", change.ArgumentTypes)}";

    private static string Describe(JsonElement decoded)
    {
        var trace = decoded.Text("tracing_id") is { } id ? Guid.Parse(id).ToString() : "none";
        var warnings = decoded.TryGetProperty("warnings", out var list) ? string.Join("|", list.Strings()) : "";
        var text = $"trace {trace} warnings [{warnings}] payload {ReferenceText.Payload(decoded)}\n";
        return text + decoded.Text("kind") switch
        {
            "ERROR" => $"ERROR {decoded.Int("code")} {decoded.Text("message")} {Details(decoded)}",
            "AUTHENTICATE" => $"AUTHENTICATE {decoded.Text("authenticator")}",
            "AUTH_SUCCESS" => $"AUTH_SUCCESS {decoded.Text("token")}",
            "SUPPORTED" => "SUPPORTED " + string.Join(";", decoded.GetProperty("options").EnumerateObject().Select(option => $"{option.Name}={string.Join(",", option.Value.Strings())}")),
            "EVENT" when decoded.Text("type") == "SCHEMA_CHANGE" => $"EVENT SCHEMA_CHANGE {Change(decoded.GetProperty("args"))}",
            "EVENT" => $"EVENT {decoded.Text("type")} {Pascal(decoded.GetProperty("args").Text("change_type")!)} {Address(decoded.GetProperty("args").GetProperty("address"))}",
            "SET_KEYSPACE" => $"SET_KEYSPACE {decoded.Text("keyspace")}",
            "SCHEMA_CHANGE" => $"SCHEMA_CHANGE {Change(decoded.GetProperty("change"))}",
            "PREPARED" => DescribePrepared(decoded),
            "ROWS" => DescribeRows(decoded),
            var kind => kind,
        };
    }

    private static string DescribePrepared(JsonElement decoded) =>
        $"PREPARED {decoded.Text("id")} {decoded.Text("result_metadata_id") ?? "null"} flags {decoded.Int("bind_flags")}\n"
        + $"pk {(decoded.GetProperty("pk_indexes").ValueKind == JsonValueKind.Null ? "" : string.Join(",", decoded.GetProperty("pk_indexes").EnumerateArray()))}\n"
        + $"{ReferenceText.Columns(decoded.GetProperty("bind_columns"))}\n"
        + $"result {((decoded.Int("result_flags") & 4) != 0 ? "null" : ReferenceText.Columns(decoded.GetProperty("result_columns")))}";

    private static string DescribeRows(JsonElement decoded)
    {
        var columns = decoded.GetProperty("columns");
        var text = $"ROWS {decoded.Int("column_count")} {(columns.ValueKind == JsonValueKind.Null ? "null" : ReferenceText.Columns(columns))}\n"
            + $"{decoded.Int("rows_count")} rows, paging {decoded.Text("paging_state") ?? "null"} new id {decoded.Text("new_result_metadata_id") ?? "null"}\n";
        return text + string.Concat(decoded.GetProperty("rows").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(cell => cell.ValueKind switch
        {
            JsonValueKind.Null => "null ",
            JsonValueKind.Object => $"{cell.Int("length")} bytes {cell.Crc()} ",
            _ => cell.GetString() + " ",
        }));
    }

    private static string Details(JsonElement decoded)
    {
        if (!decoded.TryGetProperty("info", out var info))
        {
            return decoded.Text("statement_id") ?? "";
        }

        var consistency = info.Text("consistency") is { } level ? ReferenceText.Consistency(level).ToString() : "";
        var counts = $"{consistency} {info.Int("received_responses")} {info.Int("required_responses")}";
        return decoded.Int("code") switch
        {
            0x1000 => $"{consistency} {info.Int("required_replicas")} {info.Int("alive_replicas")}",
            0x1100 => $"{counts} {Pascal(info.Text("write_type")!)}",
            0x1200 => $"{counts} {info.GetProperty("data_retrieved").GetBoolean()}",
            0x1300 => $"{counts} {info.Int("failures")} {Reasons(info)} {info.GetProperty("data_retrieved").GetBoolean()}",
            0x1500 => $"{counts} {info.Int("failures")} {Reasons(info)} {Pascal(info.Text("write_type")!)}",
            0x1400 => $"{info.Text("keyspace")} {info.Text("function")} {string.Join(",", info.GetProperty("arg_types").Strings())}",
            0x2400 => $"{info.Text("keyspace")} '{info.Text("table")}'",
            _ => "?",
        };
    }

    private static string Reasons(JsonElement info) => info.GetProperty("error_code_map") is { ValueKind: JsonValueKind.Object } map
        ? string.Join(",", map.EnumerateObject().Select(entry => $"{entry.Name}={entry.Value}"))
        : "";

    private static string Change(JsonElement change)
    {
        var name = change.Text("table") ?? change.Text("type");
        var arguments = "";
        foreach (var kind in new[] { "function", "aggregate" })
        {
            if (change.TryGetProperty(kind, out var function))
            {
                name = function.Text("name");
                arguments = string.Join(",", function.GetProperty("argument_types").Strings());
            }
        }

        return $"{Pascal(change.Text("change_type")!)} {Pascal(change.Text("target_type")!)} {change.Text("keyspace")} {name} {arguments}";
    }

    private static string Address(JsonElement address) => $"{address[0].GetString()}:{address[1].GetInt32()}";

    private static string Pascal(string text) => string.Concat(text.Split('_').Select(word => word[..1] + word[1..].ToLowerInvariant()));
}
