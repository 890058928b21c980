namespace CqlDriver.LoadBench.Load;

/// <summary>The statements of the load generator, prepared on a session; creates keyspace and table on a real cluster.</summary>
internal sealed class Workload
{
    public const int PageRows = 1000;

    private const string Text = "value-00000";

    private readonly CqlSession _session;
    private readonly PreparedStatement _insert;
    private readonly PreparedStatement _select;
    private readonly PreparedStatement _page;

    private Workload(CqlSession session, PreparedStatement insert, PreparedStatement select, PreparedStatement page)
    {
        _session = session;
        _insert = insert;
        _select = select;
        _page = page;
    }

    public static async Task<Workload> PrepareAsync(CqlSession session, string keyspace, bool isReal)
    {
        if (isReal)
        {
            await session.ExecuteAsync($"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}");
            await session.ExecuteAsync($"CREATE TABLE IF NOT EXISTS {keyspace}.rows (id uuid PRIMARY KEY, n int, v text)");
        }

        var workload = new Workload(
            session,
            await session.PrepareAsync($"INSERT INTO {keyspace}.rows (id, n, v) VALUES (?, ?, ?)"),
            await session.PrepareAsync($"SELECT id, n, v FROM {keyspace}.rows WHERE id = ?"),
            (await session.PrepareAsync($"SELECT id, n, v FROM {keyspace}.rows")).WithPageSize(PageRows));
        for (var i = 0; isReal && i < PageRows; i++)
        {
            await workload.InsertAsync(i);
        }

        return workload;
    }

    public ValueTask<RowSet> InsertAsync(int number) => _session.ExecuteAsync(_insert, (Key(number), number, Text));

    public ValueTask<RowSet> SelectAsync(int number) => _session.ExecuteAsync(_select, Key(number % PageRows));

    public ValueTask<RowSet> PageAsync() => _session.ExecuteAsync(_page);

    /// <summary>Reads every value of every row, so that decoding is measured too.</summary>
    public static long ReadAll(RowSet rows)
    {
        long sum = 0;
        foreach (var row in rows)
        {
            sum += row.Get<Guid>(0).GetHashCode() + row.Get<int>(1) + row.Get<string>(2).Length;
        }

        return sum;
    }

    private static Guid Key(int number) => new(number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0);
}
