using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol;

/// <summary>What is done for every request allocates nothing, once buffers have grown.</summary>
public class SteadyStateAllocationTests
{
    private static readonly byte[] Id = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    private static readonly byte[] Values = [0, 0, 0, 4, 0, 0, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF];

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public void Encoding_an_execute_allocates_nothing(ProtocolVersion version)
    {
        using var buffer = new GrowableBuffer(4096);
        var writer = new SegmentWriter(lz4: false);
        AssertNothingIsAllocated(() =>
        {
            buffer.Clear();
            var segment = writer.Open(buffer);
            for (short stream = 0; stream < 10; stream++)
            {
                RequestEncoder.Execute(buffer, new RequestHead(version, stream), Id, Id, new QueryParameters(ConsistencyLevel.LocalQuorum)
                {
                    Values = Values,
                    ValueCount = 2,
                    SkipMetadata = true,
                    PageSize = 5000,
                    Timestamp = 1_700_000_000_000_000,
                    SerialConsistency = ConsistencyLevel.LocalSerial,
                });
            }

            writer.Close(buffer, segment);
        });
    }

    [Fact]
    public void Compressing_and_decompressing_allocates_nothing()
    {
        using var buffer = new GrowableBuffer(64 * 1024);
        using var reader = new SegmentReader(lz4: true);
        var writer = new SegmentWriter(lz4: true);
        var plain = new byte[8192];
        AssertNothingIsAllocated(() =>
        {
            buffer.Clear();
            var segment = writer.Open(buffer);
            ResponseEncoder.Rows(buffer, 5, 1, ResponsePrefix.None, new RowsHeader { ColumnCount = 1, RowCount = 1 }, plain);
            writer.Close(buffer, segment);
            reader.TryRead(buffer.WrittenSpan, out _);
            buffer.Clear();
            var frame = ResponseEncoder.Rows(buffer, 4, 1, ResponsePrefix.None, new RowsHeader { ColumnCount = 1, RowCount = 1 }, plain);
            BodyCompression.CompressLastFrame(buffer, frame, FrameCompression.Snappy);
        });
    }

    [Fact]
    public void Reading_a_void_result_and_the_header_of_rows_without_metadata_allocates_nothing()
    {
        using var nothing = new GrowableBuffer();
        ResponseEncoder.Void(nothing, 4, 1);
        using var page = new GrowableBuffer();
        ResponseEncoder.Rows(page, 4, 1, ResponsePrefix.None, new RowsHeader { ColumnCount = 2, RowCount = 1 }, new byte[8]);
        var rows = 0;
        AssertNothingIsAllocated(() =>
        {
            var header = FrameHeader.Read(nothing.WrittenSpan);
            rows += ResponseDecoder.IsVoid(header, nothing.WrittenSpan[FrameHeader.Size..]) ? 0 : 1000;
            header = FrameHeader.Read(page.WrittenSpan);
            ResponseDecoder.PeekResultKind(header, page.WrittenSpan[FrameHeader.Size..], out var offset);
            var reader = new CqlReader(page.WrittenSpan[FrameHeader.Size..], "RESULT", offset);
            rows += RowsHeader.Read(ref reader).RowCount;
        });

        rows.Should().BeLessThan(1000);
    }

    private static void AssertNothingIsAllocated(Action action)
    {
        for (var i = 0; i < 50; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            action();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
