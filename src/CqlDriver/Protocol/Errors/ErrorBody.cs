using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>Reads and writes the bodies of ERROR messages, by code and version.</summary>
internal static class ErrorBody
{
    private const int FirstVersionWithReasons = 5;

    public static ErrorResponse Read(ref CqlReader reader, int version, ProtocolExtensions extensions)
    {
        var code = reader.ReadInt();
        var message = reader.ReadString();
        if (code == extensions.RateLimitErrorCode)
        {
            var operation = (RateLimitedOperation)reader.ReadByte();
            return new RateLimitError((CqlErrorCode)code, message, operation, reader.ReadByte() != 0);
        }

        switch ((CqlErrorCode)code)
        {
            case CqlErrorCode.Unavailable:
                return new UnavailableError(message, reader.ReadConsistency(), reader.ReadInt(), reader.ReadInt());
            case CqlErrorCode.WriteTimeout:
                return ReadWriteTimeout(ref reader, message, version);
            case CqlErrorCode.ReadTimeout:
                return new ReadTimeoutError(message, reader.ReadConsistency(), reader.ReadInt(), reader.ReadInt(), reader.ReadByte() != 0);
            case CqlErrorCode.ReadFailure:
                return ReadReadFailure(ref reader, message, version);
            case CqlErrorCode.WriteFailure:
                return ReadWriteFailure(ref reader, message, version);
            case CqlErrorCode.FunctionFailure:
                return new FunctionFailureError(message, reader.ReadString(), reader.ReadString(), reader.ReadStringList());
            case CqlErrorCode.CasWriteUnknown:
                return new CasWriteUnknownError(message, reader.ReadConsistency(), reader.ReadInt(), reader.ReadInt());
            case CqlErrorCode.AlreadyExists:
                return new AlreadyExistsError(message, reader.ReadString(), reader.ReadString());
            case CqlErrorCode.Unprepared:
                return new UnpreparedError(message, reader.ReadShortBytes().ToArray());
            default:
                return new ErrorResponse((CqlErrorCode)code, message);
        }
    }

    public static void Write(GrowableBuffer buffer, ErrorResponse error, int version)
    {
        buffer.WriteInt32((int)error.Code);
        buffer.WriteString(error.Message);
        switch (error)
        {
            case UnavailableError unavailable:
                WriteCounts(buffer, unavailable.Consistency, unavailable.Required, unavailable.Alive);
                break;
            case WriteTimeoutError timeout:
                WriteCounts(buffer, timeout.Consistency, timeout.Received, timeout.Required);
                buffer.WriteString(Text(timeout.WriteType));
                if (HasContentions(timeout.WriteType, version))
                {
                    buffer.WriteShort(timeout.Contentions ?? 0);
                }

                break;
            case ReadTimeoutError timeout:
                WriteCounts(buffer, timeout.Consistency, timeout.Received, timeout.Required);
                buffer.WriteByte(timeout.DataPresent ? (byte)1 : (byte)0);
                break;
            case ReadFailureError failure:
                WriteCounts(buffer, failure.Consistency, failure.Received, failure.Required);
                WriteFailures(buffer, failure.FailureCount, failure.Failures, version);
                buffer.WriteByte(failure.DataPresent ? (byte)1 : (byte)0);
                break;
            case WriteFailureError failure:
                WriteCounts(buffer, failure.Consistency, failure.Received, failure.Required);
                WriteFailures(buffer, failure.FailureCount, failure.Failures, version);
                buffer.WriteString(Text(failure.WriteType));
                break;
            case CasWriteUnknownError unknown:
                WriteCounts(buffer, unknown.Consistency, unknown.Received, unknown.Required);
                break;
            default:
                WriteNames(buffer, error);
                break;
        }
    }

    private static void WriteNames(GrowableBuffer buffer, ErrorResponse error)
    {
        switch (error)
        {
            case FunctionFailureError failure:
                buffer.WriteString(failure.Keyspace);
                buffer.WriteString(failure.Function);
                buffer.WriteStringList(failure.ArgumentTypes);
                break;
            case AlreadyExistsError exists:
                buffer.WriteString(exists.Keyspace);
                buffer.WriteString(exists.Table);
                break;
            case UnpreparedError unprepared:
                buffer.WriteShortBytes(unprepared.PreparedId);
                break;
            case RateLimitError limit:
                buffer.WriteByte((byte)limit.Operation);
                buffer.WriteByte(limit.RejectedByCoordinator ? (byte)1 : (byte)0);
                break;
        }
    }

    private static WriteTimeoutError ReadWriteTimeout(ref CqlReader reader, string message, int version)
    {
        var consistency = reader.ReadConsistency();
        var received = reader.ReadInt();
        var required = reader.ReadInt();
        var type = ReadWriteType(ref reader);
        int? contentions = HasContentions(type, version) && reader.Remaining > 0 ? reader.ReadShort() : null;
        return new WriteTimeoutError(message, consistency, received, required, type, contentions);
    }

    private static ReadFailureError ReadReadFailure(ref CqlReader reader, string message, int version)
    {
        var consistency = reader.ReadConsistency();
        var received = reader.ReadInt();
        var required = reader.ReadInt();
        var failures = ReadFailures(ref reader, version, out var count);
        return new ReadFailureError(message, consistency, received, required, count, failures, reader.ReadByte() != 0);
    }

    private static WriteFailureError ReadWriteFailure(ref CqlReader reader, string message, int version)
    {
        var consistency = reader.ReadConsistency();
        var received = reader.ReadInt();
        var required = reader.ReadInt();
        var failures = ReadFailures(ref reader, version, out var count);
        return new WriteFailureError(message, consistency, received, required, count, failures, ReadWriteType(ref reader));
    }

    /// <summary>How many replicas failed; from v5 on also which, and why.</summary>
    private static ImmutableArray<ReplicaFailure> ReadFailures(ref CqlReader reader, int version, out int count)
    {
        count = reader.ReadInt();
        if (version < FirstVersionWithReasons)
        {
            return [];
        }

        reader.EnsureFits(count, 7, "the map of failures");
        var failures = ImmutableArray.CreateBuilder<ReplicaFailure>(count);
        for (var i = 0; i < count; i++)
        {
            var replica = reader.ReadInetAddr();
            failures.Add(new ReplicaFailure(replica, (RequestFailureReason)reader.ReadShort()));
        }

        return failures.MoveToImmutable();
    }

    private static void WriteFailures(GrowableBuffer buffer, int count, ImmutableArray<ReplicaFailure> failures, int version)
    {
        if (version < FirstVersionWithReasons)
        {
            buffer.WriteInt32(count);
            return;
        }

        buffer.WriteInt32(failures.Length);
        foreach (var failure in failures)
        {
            buffer.WriteInetAddr(failure.Replica);
            buffer.WriteShort((int)failure.Reason);
        }
    }

    private static void WriteCounts(GrowableBuffer buffer, ConsistencyLevel consistency, int first, int second)
    {
        buffer.WriteConsistency(consistency);
        buffer.WriteInt32(first);
        buffer.WriteInt32(second);
    }

    private static bool HasContentions(WriteType type, int version) => type == WriteType.Cas && version >= FirstVersionWithReasons;

    private static WriteType ReadWriteType(ref CqlReader reader) => reader.ReadString() switch
    {
        "SIMPLE" => WriteType.Simple,
        "BATCH" => WriteType.Batch,
        "UNLOGGED_BATCH" => WriteType.UnloggedBatch,
        "COUNTER" => WriteType.Counter,
        "BATCH_LOG" => WriteType.BatchLog,
        "CAS" => WriteType.Cas,
        "VIEW" => WriteType.View,
        "CDC" => WriteType.Cdc,
        _ => WriteType.Unknown,
    };

    private static string Text(WriteType type) => type switch
    {
        WriteType.Unknown => "UNKNOWN",
        WriteType.Simple => "SIMPLE",
        WriteType.Batch => "BATCH",
        WriteType.UnloggedBatch => "UNLOGGED_BATCH",
        WriteType.Counter => "COUNTER",
        WriteType.BatchLog => "BATCH_LOG",
        WriteType.Cas => "CAS",
        WriteType.View => "VIEW",
        WriteType.Cdc => "CDC",
    };
}
