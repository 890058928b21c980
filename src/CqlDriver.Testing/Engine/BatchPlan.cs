using CqlDriver.Protocol;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Engine;

/// <summary>One statement of a batch with the values that are its own.</summary>
internal readonly record struct BatchEntry(ModificationPlan Plan, byte[]?[] Values);

/// <summary>BATCH as CQL text: all statements share the markers.</summary>
internal sealed class BatchPlan : Plan
{
    public required BatchKind Kind { get; init; }

    public required ModificationPlan[] Plans { get; init; }

    public required BoundTerm? Timestamp { get; init; }

    public override bool IsConditional => Array.Exists(Plans, plan => plan.IsConditional);

    public override EngineResult Execute(EngineState state, ExecutionScope scope)
    {
        var timestamp = Timestamp?.Evaluate(scope) is { } bytes && !ReferenceEquals(bytes, CqlBytes.Unset)
            ? System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes)
            : (long?)null;
        return Batches.Execute(Kind, [.. Plans.Select(plan => new BatchEntry(plan, scope.Values))], state, scope, timestamp);
    }
}

/// <summary>The rules of batches, whether they came as text or as a BATCH message.</summary>
internal static class Batches
{
    private const int WarnAtPartitions = 10;

    public static EngineResult Execute(BatchKind kind, IReadOnlyList<BatchEntry> entries, EngineState state, ExecutionScope scope, long? timestamp)
    {
        Check(kind, entries);
        if (entries.Any(entry => entry.Plan.IsConditional))
        {
            return ExecuteConditional(entries, state, scope, timestamp);
        }

        WarnOfPartitions(kind, entries, scope);
        foreach (var entry in entries)
        {
            scope.Values = entry.Values;
            entry.Plan.Apply(state, scope, timestamp);
        }

        return EngineResult.Void;
    }

    private static RowsResult ExecuteConditional(IReadOnlyList<BatchEntry> entries, EngineState state, ExecutionScope scope, long? timestamp)
    {
        if (timestamp is not null)
        {
            throw CqlServerException.Invalid("Cannot provide custom timestamp for conditional BATCH");
        }

        var partitions = new HashSet<PartitionKey>();
        foreach (var entry in entries)
        {
            scope.Values = entry.Values;
            partitions.UnionWith(entry.Plan.Partitions(scope));
        }

        if (entries.Any(entry => entry.Plan.Table != entries[0].Plan.Table))
        {
            throw CqlServerException.Invalid("Batch with conditions cannot span multiple tables");
        }

        if (partitions.Count > 1)
        {
            throw CqlServerException.Invalid("Batch with conditions cannot span multiple partitions");
        }

        return ConditionalBatch.Execute(entries, state, scope);
    }

    private static void Check(BatchKind kind, IReadOnlyList<BatchEntry> entries)
    {
        foreach (var entry in entries)
        {
            var isCounter = entry.Plan.Table.IsCounter;
            if (kind == BatchKind.Counter && !isCounter)
            {
                throw CqlServerException.Invalid("Cannot include non-counter statement in a counter batch");
            }

            if (kind == BatchKind.Logged && isCounter)
            {
                throw CqlServerException.Invalid("Cannot include a counter statement in a logged batch");
            }

            if (kind == BatchKind.Unlogged && isCounter != entries[0].Plan.Table.IsCounter)
            {
                throw CqlServerException.Invalid("Counter and non-counter mutations cannot exist in the same batch");
            }
        }
    }

    private static void WarnOfPartitions(BatchKind kind, IReadOnlyList<BatchEntry> entries, ExecutionScope scope)
    {
        if (kind != BatchKind.Unlogged || entries.Count <= WarnAtPartitions)
        {
            return;
        }

        var keys = new HashSet<(Guid, PartitionKey)>();
        var tables = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            scope.Values = entry.Values;
            tables.Add(entry.Plan.Table.ToString());
            keys.UnionWith(entry.Plan.Partitions(scope).Select(key => (entry.Plan.Table.Id, key)));
        }

        if (keys.Count > WarnAtPartitions)
        {
            scope.Warnings.Add($"Unlogged batch covering {keys.Count} partitions detected against table{(tables.Count == 1 ? string.Empty : "s")} [{string.Join(", ", tables)}]. "
                + "You should use a logged batch for atomicity, or asynchronous writes for performance.");
        }
    }
}

/// <summary>A batch with conditions: every entry sees its own values.</summary>
internal static class ConditionalBatch
{
    public static RowsResult Execute(IReadOnlyList<BatchEntry> entries, EngineState state, ExecutionScope scope)
    {
        var scopes = entries.Select(entry => new ExecutionScope
        {
            Values = entry.Values,
            Timestamp = scope.Timestamp,
            Now = scope.Now,
            NowSeconds = scope.NowSeconds,
            Viewer = scope.Viewer,
        }).ToList();
        return ConditionalWrites.Execute([.. entries.Select((entry, i) => (entry.Plan, scopes[i]))], state, isBatch: true);
    }
}
