using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>The coordinator waited for replicas, and too few answered as they should.</summary>
public abstract class ReplicaException : ServerException
{
    private protected ReplicaException(ServerErrorDetails details, ConsistencyLevel consistency, int received, int required)
        : base(details)
    {
        Consistency = consistency;
        Received = received;
        Required = required;
    }

    /// <summary>The consistency level of the request.</summary>
    public ConsistencyLevel Consistency { get; }

    /// <summary>How many replicas answered.</summary>
    public int Received { get; }

    /// <summary>How many answers it takes.</summary>
    public int Required { get; }
}

/// <summary>Too few replicas answered a read in the server's time (0x1200).</summary>
public sealed class ReadTimeoutException : ReplicaException
{
    internal ReadTimeoutException(ServerErrorDetails details, ConsistencyLevel consistency, int received, int required, bool dataPresent)
        : base(details, consistency, received, required) => DataPresent = dataPresent;

    /// <summary>Whether the replica that was asked for the data, not for a digest, answered.</summary>
    public bool DataPresent { get; }
}

/// <summary>Too few replicas acknowledged a write in the server's time; some may have it (0x1100).</summary>
public sealed class WriteTimeoutException : ReplicaException
{
    internal WriteTimeoutException(ServerErrorDetails details, ConsistencyLevel consistency, int received, int required, WriteType writeType, int? contentions)
        : base(details, consistency, received, required)
    {
        WriteType = writeType;
        Contentions = contentions;
    }

    /// <summary>What kind of write it was.</summary>
    public WriteType WriteType { get; }

    /// <summary>How often a conditional write met another one; null where the server does not say.</summary>
    public int? Contentions { get; }
}

/// <summary>Replicas failed while they executed a read (0x1300).</summary>
public sealed class ReadFailureException : ReplicaException
{
    internal ReadFailureException(
        ServerErrorDetails details, ConsistencyLevel consistency, int received, int required, int failures, ImmutableArray<ReplicaFailure> reasons, bool dataPresent)
        : base(details, consistency, received, required)
    {
        Failures = failures;
        Reasons = reasons;
        DataPresent = dataPresent;
    }

    /// <summary>How many replicas failed.</summary>
    public int Failures { get; }

    /// <summary>Which replicas failed and why; empty on protocol v4.</summary>
    public ImmutableArray<ReplicaFailure> Reasons { get; }

    /// <summary>Whether the replica that was asked for the data, not for a digest, answered.</summary>
    public bool DataPresent { get; }
}

/// <summary>Replicas failed while they executed a write; others may have it (0x1500).</summary>
public sealed class WriteFailureException : ReplicaException
{
    internal WriteFailureException(
        ServerErrorDetails details, ConsistencyLevel consistency, int received, int required, int failures, ImmutableArray<ReplicaFailure> reasons, WriteType writeType)
        : base(details, consistency, received, required)
    {
        Failures = failures;
        Reasons = reasons;
        WriteType = writeType;
    }

    /// <summary>How many replicas failed.</summary>
    public int Failures { get; }

    /// <summary>Which replicas failed and why; empty on protocol v4.</summary>
    public ImmutableArray<ReplicaFailure> Reasons { get; }

    /// <summary>What kind of write it was.</summary>
    public WriteType WriteType { get; }
}

/// <summary>It is not known whether a conditional write was applied: other writes contended with it (0x1700).</summary>
public sealed class CasWriteUnknownException : ReplicaException
{
    internal CasWriteUnknownException(ServerErrorDetails details, ConsistencyLevel consistency, int received, int required)
        : base(details, consistency, received, required)
    {
    }
}
