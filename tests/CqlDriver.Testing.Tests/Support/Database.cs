using CqlDriver.Testing.Engine;
using CqlDriver.Testing.SystemTables;
using CqlDriver.Tests.Support;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>The engine alone, on a clock that stands still, with a keyspace <c>ks</c> in use. Cells are shown as text.</summary>
internal sealed class Database
{
    public Database(params string[] statements)
    {
        Engine = new CqlEngine(Clock, () => 1, SystemKeyspaces.OfCassandra);
        Run("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
        foreach (var statement in statements)
        {
            Run(statement);
        }
    }

    public ManualTimeProvider Clock { get; } = new();

    public CqlEngine Engine { get; }

    public EngineResult Run(string cql, params byte[]?[] values) => Run(cql, null, null, values);

    public EngineResult Run(string cql, int? pageSize, byte[]? pagingState, params byte[]?[] values) => Engine.Execute(cql, "ks", Scope(pageSize, pagingState, values));

    /// <summary>The rows of a query, each as its cells' text: <c>1 a -</c>.</summary>
    public string[] Rows(string cql, params byte[]?[] values) => Show((RowsResult)Run(cql, values));

    public static string[] Show(RowsResult result) => [.. result.Rows.Select(row => string.Join(' ', row.Select((cell, i) => CellText.Of(result.Columns[i].Type, cell))))];

    public string Refusal(string cql, params byte[]?[] values) => ((Func<EngineResult>)(() => Run(cql, values))).Should().Throw<CqlServerException>().Which.Message;

    public ExecutionScope Scope(int? pageSize = null, byte[]? pagingState = null, params byte[]?[] values) => new()
    {
        Values = values,
        PageSize = pageSize,
        PagingState = pagingState,
        Timestamp = Engine.NextTimestamp(),
        Now = Engine.Now,
        NowSeconds = Engine.Now.ToUnixTimeSeconds(),
    };
}
