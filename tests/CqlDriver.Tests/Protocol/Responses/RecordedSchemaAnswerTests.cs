using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Tests.Protocol.Responses;

public class RecordedSchemaAnswerTests
{
    [Fact]
    public void Every_raw_answer_decodes_to_its_columns_and_rows()
    {
        var seen = 0;
        foreach (var answer in VectorFile.Read("schema").Where(line => line.TryGetProperty("raw", out _)))
        {
            var raw = answer.Hex("raw");
            FrameReader.TryReadHeader(raw, expectResponse: true, FrameReader.DefaultMaxBodyBytes, out var header).Should().BeTrue();
            var body = raw.AsSpan(FrameHeader.Size);
            var rows = ((RowsResponse)ResponseDecoder.Decode(header, body)).Rows;

            header.BodyLength.Should().Be(body.Length);
            header.Version.Should().Be((byte)answer.Int("version")!);
            rows.RowCount.Should().Be(answer.Int("rows_count"));
            var columns = answer.GetProperty("columns").EnumerateArray().Select(column => $"{column[0].GetString()} {ReferenceText.Normalize(column[1].GetString()!)}");
            rows.Metadata!.Columns.Select(column => $"{column.Name} {ReferenceText.Of(column.Type)}").Should().Equal(columns);
            var cells = new CqlReader(body, "ROWS", rows.ContentOffset);
            for (var cell = 0; cell < rows.RowCount * rows.ColumnCount; cell++)
            {
                cells.TryReadBytes(out _);
            }

            cells.Remaining.Should().Be(0);
            seen++;
        }

        seen.Should().Be(32);
    }
}
