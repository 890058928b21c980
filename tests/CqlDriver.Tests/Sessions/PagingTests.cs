using CqlDriver.Testing;

namespace CqlDriver.Tests.Sessions;

public sealed class PagingTests
{
    private static readonly SimpleStatement Select = new SimpleStatement("SELECT n FROM t WHERE id = ?", 1).WithPageSize(10);

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(35)]
    public async Task All_rows_of_all_pages_come_in_order(int count)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, count);

        (await ReadAllAsync(await cluster.Session.ExecuteAsync(Select))).Should().Equal(Enumerable.Range(0, count));
    }

    [Fact]
    public async Task Following_pages_of_prepared_statements_keep_their_values()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, 35);
        cluster.Fill(2, 35);
        var select = (await cluster.Session.PrepareAsync("SELECT n FROM t WHERE id = ?")).WithPageSize(10);

        var one = ReadAllAsync(await cluster.Session.ExecuteAsync(select, 1));
        var two = ReadAllAsync(await cluster.Session.ExecuteAsync(select.Bind(2)));

        (await one).Should().Equal(Enumerable.Range(0, 35));
        (await two).Should().Equal(Enumerable.Range(0, 35));
    }

    [Fact]
    public async Task The_next_page_is_asked_for_while_rows_are_read_and_only_that_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, 100);
        var second = cluster.Faults.Add(new FaultRule(FaultReaction.Attach()) { When = request => request.PagingState is not null });
        var rows = await cluster.Session.ExecuteAsync(Select);

        await using var reader = rows.GetAsyncEnumerator();
        (await reader.MoveNextAsync()).Should().BeTrue();
        await second.WaitForHitsAsync(1);

        for (var row = 1; row < 10; row++)
        {
            (await reader.MoveNextAsync()).Should().BeTrue();
        }

        second.Hits.Should().Be(1, "one page ahead, not two");
        (await reader.MoveNextAsync()).Should().BeTrue();
        await second.WaitForHitsAsync(2);
    }

    [Fact]
    public async Task Closing_the_reader_shows_the_error_of_a_page_that_was_never_looked_at()
    {
        await using var cluster = await TestCluster.StartAsync(configure: options => options.RequestTimeout = TimeSpan.FromSeconds(30));
        cluster.Fill(1, 100);
        var third = cluster.Faults.Add(new FaultRule(FaultReaction.Fail(ServerError.Invalid("page three is torn"))) { When = request => request.PagingState is not null, Skip = 1 });
        var reader = (await cluster.Session.ExecuteAsync(Select)).GetAsyncEnumerator();
        for (var row = 0; row < 20; row++)
        {
            (await reader.MoveNextAsync()).Should().BeTrue();
        }

        await third.WaitForHitsAsync(1);
        await Task.WhenAny(((PagingEnumerator)reader).Ahead!);
        var close = async () => await reader.DisposeAsync();

        var error = (await close.Should().ThrowAsync<InvalidQueryException>()).Which;
        error.ServerMessage.Should().Be("page three is torn");
        error.HostId.Should().Be(cluster.Node.HostId);
        await reader.Invoking(async closed => await closed.DisposeAsync()).Should().NotThrowAsync("the error was shown");
    }

    [Fact]
    public async Task Closing_the_reader_gives_up_a_page_that_is_under_way()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, 100);
        var drop = cluster.Faults.Add(new FaultRule(FaultReaction.Drop()) { When = request => request.PagingState is not null });
        var reader = (await cluster.Session.ExecuteAsync(Select)).GetAsyncEnumerator();
        await reader.MoveNextAsync();
        await drop.WaitForHitsAsync(1);

        await reader.DisposeAsync();
    }

    [Fact]
    public async Task A_paging_state_goes_on_in_another_session()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, 25);
        using var first = await cluster.Session.ExecuteAsync(Select);
        var text = first.PagingState!.ToString();
        await using var other = await CqlSession.ConnectAsync(TestCluster.OptionsFor(cluster.Server));

        using var second = await other.ExecuteAsync(Select.WithPagingState(PagingState.Parse(text)));

        second.FirstOrDefault()!.Value.Get<int>(0).Should().Be(10);
        using var third = await second.FetchNextPageAsync();
        third.Count.Should().Be(5);
        third.HasMorePages.Should().BeFalse();
        third.Invoking(last => last.FetchNextPageAsync()).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task A_bad_paging_state_is_the_servers_error()
    {
        await using var cluster = await TestCluster.StartAsync();

        var execute = async () => await cluster.Session.ExecuteAsync(Select.WithPagingState(PagingState.FromBytes([1, 2, 3])));

        (await execute.Should().ThrowAsync<ServerException>()).Which.Code.Should().Be((int)CqlErrorCode.ProtocolError);
    }

    [Fact]
    public async Task After_the_session_closed_the_page_held_can_be_read_and_no_further_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Fill(1, 25);
        var rows = await cluster.Session.ExecuteAsync(Select);

        await cluster.Session.DisposeAsync();

        var read = 0;
        foreach (var row in rows)
        {
            row.Get<int>(0).Should().Be(read++);
        }

        read.Should().Be(10);
        rows.Invoking(page => page.FetchNextPageAsync()).Should().Throw<ObjectDisposedException>();
    }

    private static async Task<List<int>> ReadAllAsync(RowSet rows)
    {
        var read = new List<int>();
        await foreach (var row in rows)
        {
            read.Add(row.Get<int>("n"));
        }

        return read;
    }
}
