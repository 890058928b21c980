using CqlDriver.Protocol;

namespace CqlDriver.Tests.Protocol.Frames;

public class FrameReaderTests
{
    [Theory]
    [InlineData("820000000000006700", "*protocol v2*")]
    [InlineData("485454502f312e312034", "*0x48*TLS*")]
    [InlineData("15", "*0x15*TLS*")]
    [InlineData("0400000105", "*0x04*TLS*")]
    [InlineData("840000010280000000", "*stream 1, opcode Ready*-2147483648*")]
    [InlineData("840000010200000101", "*257 bytes; the limit is 256*")]
    public void What_no_response_frame_can_be_is_refused(string hex, string message)
    {
        var read = () => FrameReader.TryReadHeader(Convert.FromHexString(hex), expectResponse: true, maxBodyBytes: 256, out _);

        read.Should().Throw<CqlProtocolException>().WithMessage(message);
    }

    [Fact]
    public void A_response_is_refused_by_a_server()
    {
        var read = () => FrameReader.TryReadHeader([0x84], expectResponse: false, maxBodyBytes: 256, out _);

        read.Should().Throw<CqlProtocolException>().WithMessage("*0x84*request*");
    }

    [Fact]
    public void A_header_in_pieces_is_read_once_it_is_whole()
    {
        var bytes = Convert.FromHexString("85010fff0c0000000a00");
        for (var piece = 1; piece <= bytes.Length; piece++)
        {
            FrameReader.TryReadHeader(SegmentVectorTests.InPieces(bytes, piece), expectResponse: true, 256, out var header).Should().BeTrue();
            header.Should().Be(new FrameHeader(5, true, FrameFlags.Compressed, 0x0FFF, Opcode.Event, 10));
            FrameReader.TryReadHeader(SegmentVectorTests.InPieces(bytes[..8], piece), expectResponse: true, 256, out _).Should().BeFalse();
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V5, 4, ProtocolVersion.V4)]   // an older server answers in the newest version it has
    [InlineData(ProtocolVersion.V5, 5, ProtocolVersion.V4)]   // v5 is known and still in beta there
    [InlineData(ProtocolVersion.V5, 6, ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5, 3, null)]
    [InlineData(ProtocolVersion.V4, 3, null)]
    [InlineData(ProtocolVersion.V4, 4, null)]
    [InlineData(ProtocolVersion.V4, 5, null)]
    public void After_a_refusal_the_next_lower_version_that_both_know_is_tried(ProtocolVersion tried, int answered, ProtocolVersion? next) =>
        ProtocolVersions.NextAfterRefusal(tried, answered).Should().Be(next);

    [Fact]
    public void A_response_in_another_version_is_refused_on_an_open_connection()
    {
        var header = new FrameHeader(5, true, FrameFlags.None, 9, Opcode.Result, 0);

        ((Action)(() => ProtocolVersions.Check(header, ProtocolVersion.V4))).Should().Throw<CqlProtocolException>().WithMessage("*v5*v4*stream 9*");
        ProtocolVersions.Check(header, ProtocolVersion.V5);
        new[] { 3, 4, 5, 6 }.Where(ProtocolVersions.IsSupported).Should().Equal(4, 5);
    }
}
