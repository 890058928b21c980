using System.Collections.Immutable;

namespace CqlDriver.Schema;

/// <summary>
/// When the schema is read next, and who waits for it. Changes that servers tell of wait for others, until the window's end or until
/// there are many; whoever changed the schema himself does not wait. What comes while a reading runs asks for another one, since
/// that one may have looked before. Immutable and without a clock: the topology's rules say what happened, and when.
/// </summary>
internal sealed record SchemaSchedule
{
    /// <summary>How many readings were started.</summary>
    public long Started { get; init; }

    /// <summary>Failures since the last good one.</summary>
    public int Failures { get; init; }

    /// <summary>Changes told since the last one started.</summary>
    public int Changes { get; init; }

    /// <summary>When one is due; null: none is wanted.</summary>
    public TimeSpan? DueAt { get; init; }

    /// <summary>The schema version that the control connection's node told last.</summary>
    public Guid? Version { get; init; }

    /// <summary>Who waits, and how many readings had been started when he asked.</summary>
    public ImmutableArray<(long Waiter, long Started)> Waiters { get; init; } = [];

    /// <summary>Wanted at this time, or when it was wanted before if that is sooner.</summary>
    public SchemaSchedule At(TimeSpan due) => DueAt <= due ? this : this with { DueAt = due };

    /// <summary>A new control connection may have missed anything; so did events, if its node tells of a version that nobody announced.</summary>
    public SchemaSchedule WithVersion(Guid? version, bool isNewConnection, TimeSpan now)
    {
        var isWanted = isNewConnection || (version is not null && version != Version);
        var next = this with { Version = version ?? Version };
        return isWanted ? next.At(now) : next;
    }

    public SchemaSchedule WithChanges(int count, SchemaPacing pacing, TimeSpan now)
    {
        var next = this with { Changes = Changes + count };
        return count == 0 ? this : next.At(next.Changes < pacing.MaxEvents ? now + pacing.Window : now);
    }

    /// <summary>He is answered by a reading that starts from now on.</summary>
    public SchemaSchedule WithWaiter(long waiter, TimeSpan now) => (this with { Waiters = Waiters.Add((waiter, Started)) }).At(now);

    public SchemaSchedule WithoutWaiter(long waiter) => this with { Waiters = Waiters.RemoveAll(waiting => waiting.Waiter == waiter) };

    public SchemaSchedule Begin() => this with { Started = Started + 1, Changes = 0, DueAt = null };

    public SchemaSchedule Succeed(out ImmutableArray<long> answered)
    {
        answered = [.. Waiters.Where(waiting => waiting.Started < Started).Select(static waiting => waiting.Waiter)];
        return this with { Failures = 0, Waiters = Waiters.RemoveAll(waiting => waiting.Started < Started) };
    }
}

/// <summary>How changes that come together are read together.</summary>
internal sealed record SchemaPacing
{
    /// <summary>How long after a change the schema is read.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After so many changes it is read before the window's end.</summary>
    public int MaxEvents { get; init; } = 20;
}
