using System.Net;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Protocol.Responses;

/// <summary>Messages that no recorded server sent, by the bytes that the specifications give them.</summary>
public class ResponseBytesTests
{
    private static readonly ProtocolExtensions RateLimit = new(RateLimitErrorCode: 0x4321);

    [Fact]
    public void Contentions_follow_the_write_type_of_a_conditional_write_on_v5_alone()
    {
        const string Body = "00001100" + "00026f6b" + "0008" + "00000001" + "00000002" + "0003434153";

        Error(5, Body + "0007").Should().Be(new WriteTimeoutError("ok", ConsistencyLevel.Serial, 1, 2, WriteType.Cas, 7));
        Error(5, Body).Should().Be(new WriteTimeoutError("ok", ConsistencyLevel.Serial, 1, 2, WriteType.Cas, null));
        Error(4, Body + "0007").Should().Be(new WriteTimeoutError("ok", ConsistencyLevel.Serial, 1, 2, WriteType.Cas, null));
    }

    [Fact]
    public void Failures_are_counted_on_v4_and_named_on_v5()
    {
        const string Start = "00001300" + "00026f6b" + "0006" + "00000001" + "00000002" + "00000001";

        var counted = (ReadFailureError)Error(4, Start + "01");
        counted.FailureCount.Should().Be(1);
        counted.Failures.Should().BeEmpty();
        counted.DataPresent.Should().BeTrue();
        var named = (ReadFailureError)Error(5, Start + "047f000002" + "0001" + "00");
        named.Failures.Should().Equal(new ReplicaFailure(IPAddress.Parse("127.0.0.2"), RequestFailureReason.ReadTooManyTombstones));
        named.DataPresent.Should().BeFalse();
    }

    [Fact]
    public void A_write_type_that_is_not_known_is_said_to_be() =>
        ((WriteFailureError)Error(4, "00001500" + "0000" + "0001" + "00000000" + "00000001" + "00000001" + "0003584d4c")).WriteType.Should().Be(WriteType.Unknown);

    [Fact]
    public void The_rate_limit_error_has_the_code_that_was_negotiated()
    {
        const string Body = "00004321" + "00026f6b" + "01" + "01";

        Error(4, Body, RateLimit).Should().Be(new RateLimitError((CqlErrorCode)0x4321, "ok", RateLimitedOperation.Write, true));
        Error(4, Body).Should().Be(new ErrorResponse((CqlErrorCode)0x4321, "ok"));
    }

    [Theory]
    [InlineData("00001600", CqlErrorCode.CdcWriteFailure)]
    [InlineData("00001001", CqlErrorCode.Overloaded)]
    [InlineData("00001002", CqlErrorCode.IsBootstrapping)]
    [InlineData("00001003", CqlErrorCode.TruncateError)]
    [InlineData("00000000", CqlErrorCode.ServerError)]
    public void Errors_without_a_body_have_code_and_message(string code, CqlErrorCode expected) =>
        Error(5, code + "00026f6b").Should().Be(new ErrorResponse(expected, "ok"));

    [Fact]
    public void Whether_a_conditional_write_was_applied_can_be_unknown() =>
        Error(5, "00001700" + "00026f6b" + "0009" + "00000002" + "00000003").Should().Be(new CasWriteUnknownError("ok", ConsistencyLevel.LocalSerial, 2, 3));

    [Fact]
    public void Client_routes_come_as_two_lists()
    {
        const string Body = "0014434c49454e545f524f555445535f4348414e4745" + "000c5550444154455f4e4f444553" + "00020002633100026331" + "0001000168";

        var change = (ClientRoutesChangeEvent)((EventResponse)Decode(Opcode.Event, 4, Body)).Event;
        change.Change.Should().Be(ClientRoutesChangeEvent.UpdateNodes);
        change.ConnectionIds.Should().Equal("c1", "c1");
        change.HostIds.Should().Equal("h");
    }

    [Fact]
    public void The_mark_of_conditional_statements_is_a_bit_of_the_variables_flags()
    {
        var prepared = ((PreparedResponse)Decode(Opcode.Result, 4, "00000004" + "000101" + "80000000" + "00000000" + "00000000" + "00000004" + "00000000")).Prepared;

        prepared.Variables.HasMark(0x8000_0000).Should().BeTrue();
        prepared.Variables.HasMark(0x4000_0000).Should().BeFalse();
        prepared.Variables.HasMark(0).Should().BeFalse();
        prepared.ResultMetadata.Should().BeNull();
        prepared.ResultMetadataId.Should().BeNull();
    }

    [Fact]
    public void A_negotiated_result_metadata_id_is_read_on_v4()
    {
        const string Body = "00000004" + "000101" + "0002beef" + "00000000" + "00000000" + "00000000" + "00000004" + "00000000";

        ((PreparedResponse)Decode(Opcode.Result, 4, Body, new ProtocolExtensions(HasResultMetadataIds: true))).Prepared.ResultMetadataId.Should().Equal(0xBE, 0xEF);
        ((PreparedResponse)Decode(Opcode.Result, 5, Body)).Prepared.ResultMetadataId.Should().Equal(0xBE, 0xEF);
    }

    [Theory]
    [InlineData(Opcode.Result, "00000009", "*kind 9*")]
    [InlineData((Opcode)0x04, "", "*0x04*")]
    [InlineData(Opcode.Query, "", "*0x07*")]
    [InlineData(Opcode.Result, "00000002" + "00000004" + "00000000" + "7fffffff", "*without columns*")]
    [InlineData(Opcode.Result, "00000002" + "00000004" + "00010000" + "00010000", "*the rows*")]
    [InlineData(Opcode.Result, "00000002" + "00000006" + "00000001" + "ffffffff" + "00000000", "*more pages*")]
    [InlineData(Opcode.Result, "00000002" + "00000006" + "00000001" + "00000000" + "00000000", "*more pages*")]
    [InlineData(Opcode.Result, "00000002" + "00000004" + "ffffffff" + "00000000", "*-1 columns*")]
    [InlineData(Opcode.Result, "00000002" + "00000000" + "7fffffff" + "00000000", "*2147483647 elements*")]
    [InlineData(Opcode.Result, "00000004" + "000101" + "00000000" + "00000001" + "00000001" + "0001" + "0000", "*variable 1*there are 1*")]
    internal void Responses_that_make_no_sense_are_refused(Opcode opcode, string hex, string message)
    {
        var decode = () => Decode(opcode, 4, hex);

        decode.Should().Throw<CqlProtocolException>().WithMessage(message);
    }

    private static CqlResponse Error(int version, string hex, ProtocolExtensions extensions = default) => Decode(Opcode.Error, version, hex, extensions);

    private static CqlResponse Decode(Opcode opcode, int version, string hex, ProtocolExtensions extensions = default)
    {
        var body = Convert.FromHexString(hex);
        return ResponseDecoder.Decode(new FrameHeader((byte)version, true, FrameFlags.None, 1, opcode, body.Length), body, extensions);
    }
}
