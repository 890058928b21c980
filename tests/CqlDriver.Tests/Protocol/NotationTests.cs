using System.Net;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol;

public class NotationTests
{
    [Fact]
    public void Values_are_present_null_or_not_set()
    {
        var reader = new CqlReader(Convert.FromHexString("0000000161ffffffff" + "fffffffe" + "fffffffd"), "QUERY");

        reader.ReadValue(out var bytes).Should().Be(CqlValueKind.Present);
        bytes.ToArray().Should().Equal((byte)'a');
        reader.ReadValue(out _).Should().Be(CqlValueKind.Null);
        reader.ReadValue(out _).Should().Be(CqlValueKind.Unset);
        string? message = null;
        try
        {
            reader.ReadValue(out _);
        }
        catch (CqlProtocolException refused)
        {
            message = refused.Message;
        }

        message.Should().Contain("QUERY").And.Contain("-3").And.Contain("byte 17");
    }

    [Theory]
    [InlineData("7f000001", "127.0.0.1")]
    [InlineData("00000000000000000000000000000001", "::1")]
    [InlineData("fe800000000000000000000000000001", "fe80::1")]
    public void Addresses_have_four_or_sixteen_bytes(string hex, string text)
    {
        using var buffer = new GrowableBuffer();
        buffer.WriteInet(new IPEndPoint(IPAddress.Parse(text), 9042));

        var expected = $"{hex.Length / 2:x2}{hex}00002352";
        Convert.ToHexStringLower(buffer.WrittenSpan).Should().Be(expected);
        new CqlReader(buffer.WrittenSpan, "EVENT").ReadInet().Should().Be(new IPEndPoint(IPAddress.Parse(text), 9042));
    }

    [Theory]
    [InlineData("05aabbccddee", "*5 bytes*IPv4*")]
    [InlineData("047f00000100010000", "*port 65536*")]
    [InlineData("047f000001ffffffff", "*port -1*")]
    [InlineData("047f0000", "*needs 4 bytes, 3 are left*")]
    public void Addresses_that_cannot_be_are_refused(string hex, string message)
    {
        var read = () => new CqlReader(Convert.FromHexString(hex), "EVENT").ReadInet();

        read.Should().Throw<CqlProtocolException>().WithMessage(message);
    }

    [Fact]
    public void A_string_longer_than_its_length_can_say_is_an_argument_error()
    {
        using var buffer = new GrowableBuffer();
        buffer.WriteString(new string('x', 65_535));

        buffer.Invoking(b => b.WriteString(new string('é', 32_768))).Should().Throw<ArgumentException>().WithMessage("*65536*");
        buffer.Invoking(b => b.WriteShort(65_536)).Should().Throw<ArgumentException>();
        buffer.Invoking(b => b.WriteShort(-1)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Text_that_is_no_utf8_is_read_with_replacement_characters() =>
        new CqlReader([0, 3, (byte)'a', 0xFF, (byte)'b'], "ERROR").ReadString().Should().Be("a\uFFFDb");

    [Fact]
    public void A_type_nested_beyond_reason_is_refused_without_exhausting_the_stack()
    {
        var bytes = Enumerable.Repeat(new byte[] { 0x00, 0x20 }, 50_000).SelectMany(pair => pair).ToArray();
        var read = () => new CqlReader(bytes, "RESULT").ReadType();

        read.Should().Throw<CqlProtocolException>().WithMessage("*nested*");
    }

    [Theory]
    [InlineData("0099", "*0x0099*")]
    [InlineData("00310000", "*no elements*")]
    [InlineData("0030000161000162ffff", "*65535 elements*")]
    [InlineData("00000000", "*custom type*")]
    public void Options_that_name_no_type_are_refused(string hex, string message)
    {
        var read = () => new CqlReader(Convert.FromHexString(hex), "RESULT").ReadType();

        read.Should().Throw<CqlProtocolException>().WithMessage(message);
    }

    [Fact]
    public void What_only_v5_can_say_is_refused_on_v4()
    {
        var head = new RequestHead(ProtocolVersion.V4, 1);
        using var buffer = new GrowableBuffer();

        buffer.Invoking(b => RequestEncoder.Query(b, head, "x", new QueryParameters(ConsistencyLevel.One) { Keyspace = "k" })).Should().Throw<ArgumentException>().WithMessage("*keyspace*v5*");
        buffer.Invoking(b => RequestEncoder.Query(b, head, "x", new QueryParameters(ConsistencyLevel.One) { NowInSeconds = 1 })).Should().Throw<ArgumentException>().WithMessage("Now*v5*");
        buffer.Invoking(b => RequestEncoder.Batch(b, head, new BatchParameters(BatchKind.Logged, ConsistencyLevel.One) { Keyspace = "k" })).Should().Throw<ArgumentException>();
        buffer.Invoking(b => RequestEncoder.Prepare(b, head, "x", "k")).Should().Throw<ArgumentException>();
    }
}
