using CqlDriver.Protocol;
using CqlDriver.Testing.Cql;
using CqlDriver.Testing.Model;
using CqlDriver.Testing.SystemTables;

namespace CqlDriver.Testing.Engine;

/// <summary>
/// The database behind all nodes of an embedded cluster: a schema and the rows of its tables, in memory. CQL text goes
/// through <see cref="CqlParser"/> (grammar), <see cref="StatementBinder"/> (schema; gives a <see cref="Plan"/>) and
/// <see cref="Plan.Execute"/> (rows). Values are the bytes of the protocol from end to end.
/// </summary>
/// <remarks>
/// <para>There is one copy of each row, so every consistency level is met and conditional writes are linearizable. What
/// makes writes of a real cluster collide is kept: each cell has a timestamp and the last one wins, deletions are
/// tombstones, values expire by the cluster's clock.</para>
/// <para>One lock guards schema and rows: a statement is a few microseconds and must see a batch whole, which neither
/// immutable snapshots of all rows nor a loop of its own would give any cheaper. Nothing is awaited under it.</para>
/// </remarks>
internal sealed class CqlEngine(TimeProvider time, Func<int> nodeCount, SchemaSnapshot initial)
{
    private readonly Lock _gate = new();
    private readonly EngineState _state = new(SystemRows.Fill) { Schema = initial };
    private SchemaSnapshot _schema = initial;
    private long _lastTimestamp;

    /// <summary>The schema now; any thread.</summary>
    public SchemaSnapshot Schema => Volatile.Read(ref _schema);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Microseconds for a write that says none: the clock's, and never one twice.</summary>
    public long NextTimestamp()
    {
        var now = (Now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        long last;
        long next;
        do
        {
            last = Volatile.Read(ref _lastTimestamp);
            next = Math.Max(now, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastTimestamp, next, last) != last);

        return next;
    }

    /// <summary>Parses and binds a statement.</summary>
    public Plan Prepare(string cql, string? keyspace) => new StatementBinder(Schema, keyspace, nodeCount).Bind(CqlParser.Parse(cql));

    /// <summary>Runs a plan. Null: a table has changed since it was made.</summary>
    public EngineResult? TryExecute(Plan plan, ExecutionScope scope)
    {
        lock (_gate)
        {
            if (!plan.IsCurrent(_state.Schema))
            {
                return null;
            }

            var result = plan.Execute(_state, scope);
            Volatile.Write(ref _schema, _state.Schema);
            return result;
        }
    }

    /// <summary>Parses, binds and runs; <paramref name="bind"/> puts the values in when the markers are known.</summary>
    public EngineResult Execute(string cql, string? keyspace, ExecutionScope scope, Action<Plan>? bind = null)
    {
        while (true)
        {
            var plan = Prepare(cql, keyspace);
            bind?.Invoke(plan);
            if (TryExecute(plan, scope) is { } result)
            {
                return result;
            }
        }
    }

    /// <summary>Runs the statements of a BATCH message. Null: a table has changed since one of them was prepared.</summary>
    public EngineResult? TryExecute(BatchKind kind, IReadOnlyList<BatchEntry> entries, ExecutionScope scope)
    {
        lock (_gate)
        {
            return entries.All(entry => entry.Plan.IsCurrent(_state.Schema)) ? Batches.Execute(kind, entries, _state, scope, null) : null;
        }
    }
}
