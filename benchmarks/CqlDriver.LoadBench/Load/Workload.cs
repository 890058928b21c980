using CqlDriver.LoadBench.Answerer;

namespace CqlDriver.LoadBench.Load;

/// <summary>
/// The statements of the load generator, prepared on a session, and what they must return: the same from the answerer and
/// from a real cluster, where keyspace and tables are created and the table that is read is filled.
/// </summary>
internal sealed class Workload
{
    public const int PageRows = CannedBodies.PageRows;

    private const string Text = "value-00000";

    private static readonly long PageSum = Enumerable.Range(0, PageRows).Sum(RowSum);

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
        var written = $"{keyspace}.{CannedBodies.WrittenTable}";
        var read = $"{keyspace}.{CannedBodies.ReadTable}";
        if (isReal)
        {
            await session.ExecuteAsync($"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}");
            await session.ExecuteAsync($"CREATE TABLE IF NOT EXISTS {written} (id uuid PRIMARY KEY, n int, v text)");
            await session.ExecuteAsync($"CREATE TABLE IF NOT EXISTS {read} (id uuid PRIMARY KEY, n int, v text)");
            await FillAsync(session, read);
        }

        return new Workload(
            session,
            await session.PrepareAsync($"INSERT INTO {written} (id, n, v) VALUES (?, ?, ?)"),
            await session.PrepareAsync($"SELECT id, n, v FROM {read} WHERE id = ?"),
            (await session.PrepareAsync($"SELECT id, n, v FROM {read}")).WithPageSize(PageRows));
    }

    public ValueTask<RowSet> InsertAsync(int number) => _session.ExecuteAsync(_insert, (Key(number), number, Text));

    /// <summary>Starts the operation of that number.</summary>
    public ValueTask<RowSet> StartAsync(Operation operation, int number) => IsInsert(operation, number)
        ? InsertAsync(number)
        : operation == Operation.Page ? _session.ExecuteAsync(_page) : _session.ExecuteAsync(_select, Key(number % PageRows));

    /// <summary>Reads every value of the answer and compares it with what the operation of that number must return.</summary>
    public static void Verify(Operation operation, int number, RowSet answer)
    {
        if (IsInsert(operation, number))
        {
            return;
        }

        long sum = 0;
        foreach (var row in answer)
        {
            sum += Sum(row.Get<Guid>(0), row.Get<int>(1), row.Get<string>(2));
        }

        var expected = operation == Operation.Page ? PageSum : RowSum(number % PageRows);
        if (sum != expected)
        {
            throw new LoadFailure($"The answer of {operation} {number} holds other values than the server's: their sum is {sum}, not {expected}.");
        }
    }

    public static bool IsInsert(Operation operation, int number) => operation == Operation.Insert || (operation == Operation.Mixed && number % 2 == 0);

    /// <summary>Laid out as the answerer's keys: zero but for version and variant, the number in the last four bytes.</summary>
    private static Guid Key(int number) =>
        new(0, 0, 0x4000, 0x80, 0, 0, 0, (byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number);

    private static long RowSum(int number) => Sum(Key(number), number, Text);

    private static long Sum(Guid id, int n, string text) => id.GetHashCode() + n + text.Length;

    private static async Task FillAsync(CqlSession session, string table)
    {
        var insert = await session.PrepareAsync($"INSERT INTO {table} (id, n, v) VALUES (?, ?, ?)");
        for (var i = 0; i < PageRows; i++)
        {
            await session.ExecuteAsync(insert, (Key(i), i, Text));
        }
    }
}
