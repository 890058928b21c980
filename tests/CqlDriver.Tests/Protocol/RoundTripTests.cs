using CqlDriver.Protocol;
using CqlDriver.Tests.Protocol.Requests;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol;

/// <summary>Both halves of the protocol mean the same: what one writes, the other reads, for messages of every kind.</summary>
public class RoundTripTests
{
    private static readonly ProtocolExtensions[] Negotiations =
    [
        default,
        new(HasResultMetadataIds: true, HasTabletVersionBlock: true, RateLimitErrorCode: 0x4321),
    ];

    public static TheoryData<int, int> VersionsAndNegotiations { get; } = new() { { 4, 0 }, { 4, 1 }, { 5, 0 }, { 5, 1 } };

    [Theory]
    [MemberData(nameof(VersionsAndNegotiations))]
    public void A_request_reads_as_it_was_written(int version, int negotiation)
    {
        var extensions = Negotiations[negotiation];
        for (var seed = 0; seed < 500; seed++)
        {
            var request = new Generated(seed).Request(version, extensions);
            using var buffer = new GrowableBuffer(1);
            RequestAgain.Encode(buffer, version, (short)seed, request, extensions);

            var header = FrameHeader.Read(buffer.WrittenSpan);
            var read = RequestDecoder.Decode(header, buffer.WrittenSpan[FrameHeader.Size..], extensions);

            header.BodyLength.Should().Be(buffer.Length - FrameHeader.Size);
            header.Stream.Should().Be((short)seed);
            header.IsResponse.Should().BeFalse();
            read.Should().BeEquivalentTo(request, options => options.RespectingRuntimeTypes().WithStrictOrdering(), "of seed {0}", seed);
        }
    }

    [Theory]
    [MemberData(nameof(VersionsAndNegotiations))]
    public void A_response_reads_as_it_was_written(int version, int negotiation)
    {
        var extensions = Negotiations[negotiation];
        for (var seed = 0; seed < 500; seed++)
        {
            var response = new Generated(seed).Response(extensions, version);
            using var buffer = new GrowableBuffer(1);
            ResponseEncoder.Encode(buffer, version, (short)-seed, response, extensions);

            var header = FrameHeader.Read(buffer.WrittenSpan);
            var read = ResponseDecoder.Decode(header, buffer.WrittenSpan[FrameHeader.Size..], extensions);

            header.BodyLength.Should().Be(buffer.Length - FrameHeader.Size);
            header.Stream.Should().Be((short)-seed);
            header.IsResponse.Should().BeTrue();
            read.GetType().Should().Be(response.GetType());
            read.ToString().Should().Be(response.ToString(), "of seed {0}", seed);
            read.Should().BeEquivalentTo(response, options => options.RespectingRuntimeTypes().WithStrictOrdering().ComparingByValue<CqlType>().ComparingByValue<System.Net.IPAddress>(), "of seed {0}", seed);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Rows_read_as_they_were_written(int version)
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var generated = new Generated(seed);
            var columns = generated.Columns();
            var prefix = generated.Prefix();
            var rowCount = columns.IsEmpty ? 0 : generated.Below(10);
            using var content = new GrowableBuffer();
            for (var cell = 0; cell < rowCount * columns.Length; cell++)
            {
                content.WriteBytesOrNull(generated.BytesOrNull());
            }

            var rows = new RowsHeader
            {
                ColumnCount = columns.Length,
                Metadata = generated.Maybe() ? new ResultMetadata(columns) : null,
                PagingState = generated.Maybe() ? [1, .. generated.Bytes()] : null,
                NewMetadataId = generated.Maybe(3) ? generated.Bytes() : null,
                RowCount = rowCount,
            };
            using var buffer = new GrowableBuffer(1);
            ResponseEncoder.Rows(buffer, version, 7, prefix, rows, content.WrittenSpan);

            var header = FrameHeader.Read(buffer.WrittenSpan);
            var body = buffer.WrittenSpan[FrameHeader.Size..];
            var kind = ResponseDecoder.PeekResultKind(header, body, out var offset);
            kind.Should().Be(ResultKind.Rows);
            var reader = new CqlReader(body, "RESULT", offset);
            var read = RowsHeader.Read(ref reader);
            read.ColumnCount.Should().Be(columns.Length);
            read.RowCount.Should().Be(rowCount);
            read.PagingState.Should().BeEquivalentTo(rows.PagingState);
            read.NewMetadataId.Should().BeEquivalentTo(rows.NewMetadataId);
            read.Metadata.Should().BeEquivalentTo(rows.Metadata, options => options.ComparingByValue<CqlType>());
            body[read.ContentOffset..].SequenceEqual(content.WrittenSpan).Should().BeTrue();
            ((RowsResponse)ResponseDecoder.Decode(header, body)).Prefix.Should().BeEquivalentTo(prefix);
        }
    }
}
