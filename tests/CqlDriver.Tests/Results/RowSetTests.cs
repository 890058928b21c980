using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Tests.Results;

public sealed class RowSetTests
{
    private static readonly ImmutableArray<ColumnSpec> Columns =
        [new("ks", "t", "id", CqlType.Int), new("ks", "t", "Name", CqlType.Text), new("ks", "t", "n", CqlType.Bigint)];

    [Fact]
    public void Rows_are_read_by_ordinal_and_by_name()
    {
        using var rows = Page((1, "one", 10L), (2, null, 20L));

        var read = new List<(int, string?, long)>();
        foreach (var row in rows)
        {
            read.Add((row.Get<int>(0), row.Get<string?>("name"), row.Get<long>("n")));
        }

        read.Should().Equal((1, "one", 10), (2, null, 20));
        rows[1].IsNull("Name").Should().BeTrue();
        rows[1]["id"].Should().Be(2);
        rows.FirstOrDefault()!.Value.Get<int>(0).Should().Be(1);
    }

    [Fact]
    public void A_column_that_does_not_exist_is_named_with_those_that_do()
    {
        using var rows = Page((1, "one", 10L));
        var row = rows[0];

        FluentActions.Invoking(() => row.Get<int>("nome")).Should().Throw<ArgumentException>().WithMessage("*'nome'*id, Name, n*");
        FluentActions.Invoking(() => row.Get<int>(3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*3 column(s)*");
        FluentActions.Invoking(() => row.Get<int>(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_value_of_another_type_names_its_column()
    {
        using var rows = Page((1, "one", 10L));
        var row = rows[0];

        FluentActions.Invoking(() => row.Get<Guid>("n")).Should().Throw<CqlValueException>().Which.ColumnName.Should().Be("n");
    }

    [Fact]
    public void Null_read_as_a_type_that_cannot_be_null_names_its_column()
    {
        using var rows = Page(Columns, writer =>
        {
            writer.WriteInt32(-1);
            writer.WriteInt32(-1);
            writer.WriteInt32(-1);
        });
        var row = rows[0];

        row.Get<int?>(0).Should().BeNull();
        FluentActions.Invoking(() => row.Get<int>(0)).Should().Throw<CqlValueException>().Which.ColumnName.Should().Be("id");
    }

    [Fact]
    public void A_row_of_a_disposed_page_throws_and_never_shows_another_answer()
    {
        var rows = Page((1, "one", 10L));
        var row = rows[0];

        rows.Dispose();
        rows.Dispose();

        FluentActions.Invoking(() => row.Get<int>(0)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_page_that_ends_within_a_cell_is_a_protocol_error()
    {
        using var rows = Page([Columns[0]], writer =>
        {
            writer.WriteInt32(400);
            writer.WriteInt32(1);
        });
        var row = rows[0];

        FluentActions.Invoking(() => row.Get<int>(0)).Should().Throw<CqlProtocolException>().WithMessage("*truncated*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whether_a_conditional_statement_was_applied_is_read_from_its_column(bool isApplied)
    {
        using var rows = Page([new("ks", "t", "[applied]", CqlType.Boolean)], writer =>
        {
            writer.WriteInt32(1);
            writer.WriteByte(isApplied ? (byte)1 : (byte)0);
        });

        rows.WasApplied.Should().Be(isApplied);
    }

    [Fact]
    public void Reading_numbers_allocates_nothing()
    {
        using var rows = Page(Enumerable.Range(0, 100).Select(i => (i, (string?)"text", (long)i)).ToArray());
        Sum(rows);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = Sum(rows);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        sum.Should().Be(2 * 4950);
        allocated.Should().Be(0);

        static long Sum(RowSet rows)
        {
            var sum = 0L;
            foreach (var row in rows)
            {
                sum += row.Get<int>(0) + row.Get<long>("n");
            }

            return sum;
        }
    }

    private static RowSet Page(params (int Id, string? Name, long N)[] values) => Page(
        Columns,
        writer =>
        {
            foreach (var (id, name, n) in values)
            {
                CodecRegistry.Default.WriteValue(writer, CqlType.Int, id);
                CodecRegistry.Default.WriteValue(writer, CqlType.Text, name);
                CodecRegistry.Default.WriteValue(writer, CqlType.Bigint, n);
            }
        },
        values.Length);

    private static RowSet Page(ImmutableArray<ColumnSpec> columns, Action<GrowableBuffer> write, int count = 1) =>
        SomePage.Of(new RowLayout(columns, CodecRegistry.Default), write, count);
}
