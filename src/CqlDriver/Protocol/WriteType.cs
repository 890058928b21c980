namespace CqlDriver;

/// <summary>What kind of write timed out or failed (native protocol v5, section 8).</summary>
public enum WriteType
{
    /// <summary>One that this driver does not know.</summary>
    Unknown,

    /// <summary>A write of one partition, not conditional, not a counter.</summary>
    Simple,

    /// <summary>A logged batch; the batch log was written, so the batch will be applied.</summary>
    Batch,

    /// <summary>An unlogged batch.</summary>
    UnloggedBatch,

    /// <summary>A counter, or a batch of counters.</summary>
    Counter,

    /// <summary>The batch log, before a logged batch: nothing of the batch was applied.</summary>
    BatchLog,

    /// <summary>A conditional write.</summary>
    Cas,

    /// <summary>A materialized view and its base table.</summary>
    View,

    /// <summary>The change log of a table.</summary>
    Cdc,
}
