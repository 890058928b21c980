namespace CqlDriver.Tests.Results;

public sealed class RowLayoutTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(17)]
    [InlineData(100)]
    public void Each_name_leads_to_its_column(int columns)
    {
        var layout = Of([.. Enumerable.Range(0, columns).Select(static i => $"column_{i}")]);

        for (var i = 0; i < columns; i++)
        {
            layout.IndexOf($"column_{i}").Should().Be(i);
            layout.IndexOf($"Column_{i}").Should().Be(i);
        }

        layout.IndexOf("column_").Should().Be(-1);
        layout.IndexOf("").Should().Be(-1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void The_exact_name_goes_before_one_that_differs_in_case_and_the_first_before_its_double(int others)
    {
        var layout = Of(["Id", "id", "id", .. Enumerable.Range(0, others).Select(static i => $"other{i}")]);

        layout.IndexOf("id").Should().Be(1);
        layout.IndexOf("ID").Should().Be(0);
    }

    [Fact]
    public void Looking_a_name_up_allocates_nothing()
    {
        var layout = Of(["id", "n", "v"]);
        var name = new string("V");
        layout.IndexOf(name);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = layout.IndexOf(name) + layout.IndexOf("n");
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        found.Should().Be(3);
    }

    private static RowLayout Of(string[] names) => new([.. names.Select(static name => new ColumnSpec("ks", "t", name, CqlType.Int))], CodecRegistry.Default);
}
