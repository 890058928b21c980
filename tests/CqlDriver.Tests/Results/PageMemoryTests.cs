using System.Buffers;
using System.Collections.Immutable;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Results;

/// <summary>Cells are found in any order and never beyond the answer's end, and a page that was given back shows nothing any more.</summary>
public sealed class PageMemoryTests
{
    private const int WideColumns = 40;
    private const int Rows = 25;

    private static readonly RowLayout Wide = new(
        [.. Enumerable.Range(0, WideColumns).Select(static i => new ColumnSpec("ks", "t", $"c{i}", TypeOf(i)))], CodecRegistry.Default);

    [Fact]
    public void Wide_rows_are_read_in_any_order_with_nulls_in_any_place()
    {
        using var page = WidePage();
        var random = new Random(7);
        var rows = new List<Row>();
        foreach (var row in page)
        {
            for (var column = 0; column < WideColumns; column++)
            {
                ReadCell(row, column).Should().Be(Value(rows.Count, column));
            }

            rows.Add(row);
        }

        for (var i = 0; i < 4000; i++)
        {
            var (row, column) = (random.Next(Rows), random.Next(WideColumns));
            ReadCell(rows[row], column).Should().Be(Value(row, column));
        }
    }

    [Fact]
    public void Many_threads_read_one_page()
    {
        using var page = WidePage();
        var wrong = 0;

        Parallel.For(0, 8, seed =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 3000; i++)
            {
                var (row, column) = (random.Next(Rows), random.Next(WideColumns));
                if (!Equals(ReadCell(page[row], column), Value(row, column)))
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        });

        wrong.Should().Be(0);
    }

    [Fact]
    public void A_page_cut_off_anywhere_gives_right_values_or_says_that_it_is_truncated()
    {
        ImmutableArray<ColumnSpec> columns = [new("ks", "t", "a", CqlType.Int), new("ks", "t", "b", CqlType.Text), new("ks", "t", "c", CqlType.Bigint), new("ks", "t", "d", CqlType.Text)];
        var layout = new RowLayout(columns, CodecRegistry.Default);
        byte[] whole = [0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, 2, 65, 66, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 5, 255, 255, 255, 255];
        for (var length = 0; length < whole.Length; length++)
        {
            using var page = SomePage.Of(layout, whole.AsSpan(0, length));
            var row = page[0];
            Expect(length >= 8, () => row.Get<int>(0).Should().Be(9));
            Expect(length >= 14, () => row.Get<string>(1).Should().Be("AB"));
            Expect(length >= 26, () => row.Get<long>("c").Should().Be(5));
            Expect(isThere: false, () => row.IsNull(3));
        }

        static void Expect(bool isThere, Action read)
        {
            if (isThere)
            {
                read();
            }
            else
            {
                read.Should().Throw<CqlProtocolException>().WithMessage("*truncated*");
            }
        }
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MaxValue - 8)]
    [InlineData(5)]
    public void A_length_beyond_the_end_is_never_believed(int length)
    {
        var layout = new RowLayout([new("ks", "t", "a", CqlType.Text), new("ks", "t", "b", CqlType.Int)], CodecRegistry.Default);
        using var page = SomePage.Of(layout, buffer =>
        {
            buffer.WriteInt32(length);
            buffer.WriteInt32(1);
        }, count: 2);
        var row = page[0];

        FluentActions.Invoking(() => row.Get<string>(0)).Should().Throw<CqlProtocolException>();
        FluentActions.Invoking(() => row.Get<int>(1)).Should().Throw<CqlProtocolException>();
        FluentActions.Invoking(() => page[1]).Should().Throw<CqlProtocolException>();
    }

    [Fact]
    public void Every_way_of_reading_a_disposed_page_throws()
    {
        var page = WidePage();
        var row = page[1];
        page.Dispose();

        FluentActions.Invoking(() => row.Get<int>(0)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => row.Get<string>(1)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => row.Get<int>("c30")).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => row[0]).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => row.IsNull(0)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => row.GetBytes(0).Length).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => page[1]).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_page_disposed_while_a_value_is_decoded_gives_no_value()
    {
        RowSet? page = null;
        var codecs = new CodecRegistry().Add(new Disposer(() => page!.Dispose())).Freeze();
        page = SomePage.OfCell(CqlType.Blob, [1, 2, 3], codecs);
        var row = page[0];

        FluentActions.Invoking(() => row.Get<Uri>(0)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_page_disposed_while_a_value_is_decoded_explains_what_the_codec_did_not_like()
    {
        RowSet? page = null;
        var codecs = new CodecRegistry().Add(new Disposer(() =>
        {
            page!.Dispose();
            throw new FormatException("torn");
        })).Freeze();
        page = SomePage.OfCell(CqlType.Blob, [1, 2, 3], codecs);
        var row = page[0];

        FluentActions.Invoking(() => row.Get<Uri>(0)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_page_disposed_by_one_thread_never_shows_another_answer_to_those_that_read_it()
    {
        var layout = new RowLayout([new("ks", "t", "a", CqlType.Text), new("ks", "t", "b", CqlType.Bigint)], CodecRegistry.Default);
        for (var round = 0; round < 300; round++)
        {
            var page = SomePage.Of(layout, static buffer =>
            {
                SomePage.WriteCell(buffer, "right answer"u8.ToArray());
                SomePage.WriteCell(buffer, [0, 0, 0, 0, 0, 0, 0, 42]);
            });
            var row = page[0];
            using var isReading = new ManualResetEventSlim();
            string? wrong = null;
            var reader = new Thread(() => wrong = ReadUntilGone(row, isReading));
            reader.Start();
            isReading.Wait();

            page.Dispose();
            var again = ResponseMemory.Rent(40);
            again.AsSpan().Fill((byte)'x');
            again.AsSpan(0, 4).Clear();
            again[3] = 12;
            reader.Join();
            ResponseMemory.Return(again);

            wrong.Should().BeNull();
        }
    }

    [Fact]
    public void Disposing_twice_gives_the_memory_back_once()
    {
        var page = WidePage();
        page.Dispose();
        page.Dispose();

        var first = ResponseMemory.Rent(4096);
        var second = ResponseMemory.Rent(4096);
        second.Should().NotBeSameAs(first);
        ResponseMemory.Return(first);
        ResponseMemory.Return(second);
    }

    private static string? ReadUntilGone(Row row, ManualResetEventSlim isReading)
    {
        try
        {
            while (true)
            {
                var (text, number) = (row.Get<string>(0), row.Get<long>(1));
                isReading.Set();
                if (text != "right answer" || number != 42)
                {
                    return $"{text} {number}";
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private static CqlType TypeOf(int column) => (column % 3) switch
    {
        0 => CqlType.Int,
        1 => CqlType.Text,
        _ => CqlType.Bigint,
    };

    private static object? Value(int row, int column) => ((row * 7) + column) % 11 == 0 ? null : (column % 3) switch
    {
        0 => (row * 100) + column,
        1 => new string('x', (row + column) % 20),
        _ => (long)row * column,
    };

    private static object? ReadCell(Row row, int column) => (column % 3) switch
    {
        0 => row.Get<int?>(column),
        1 => row.Get<string?>(column),
        _ => row.Get<long?>(column),
    };

    private static RowSet WidePage() => SomePage.Of(
        Wide,
        static buffer =>
        {
            for (var row = 0; row < Rows; row++)
            {
                for (var column = 0; column < WideColumns; column++)
                {
                    CodecRegistry.Default.WriteObject(buffer, TypeOf(column), Value(row, column));
                }
            }
        },
        Rows);

    private sealed class Disposer(Action dispose) : ICqlCodec<Uri>
    {
        public bool Handles(CqlType type) => true;

        public void Encode(Uri value, CqlType type, IBufferWriter<byte> writer) => throw new NotSupportedException();

        public Uri Decode(ReadOnlySpan<byte> content, CqlType type)
        {
            dispose();
            return new Uri("cql://here");
        }
    }
}
