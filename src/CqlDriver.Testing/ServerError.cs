using CqlDriver.Types;

namespace CqlDriver.Testing;

/// <summary>
/// An error that a node answers with: code, message, and the fields that the protocol defines for the code (native
/// protocol v5, section 9). Immutable.
/// </summary>
public sealed class ServerError
{
    private readonly Action<GrowableBuffer, ProtocolVersion>? _writeFields;

    private ServerError(int code, string message, Action<GrowableBuffer, ProtocolVersion>? writeFields = null)
    {
        Code = code;
        Message = message;
        _writeFields = writeFields;
    }

    /// <summary>The error code.</summary>
    public int Code { get; }

    /// <summary>The message.</summary>
    public string Message { get; }

    /// <summary>Something unexpected happened on the node (0x0000).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Internal(string message) => new(0x0000, message);

    /// <summary>The client's message violates the protocol (0x000A).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Protocol(string message) => new(0x000A, message);

    /// <summary>Authentication failed (0x0100).</summary>
    /// <param name="message">The message.</param>
    public static ServerError BadCredentials(string message) => new(0x0100, message);

    /// <summary>Too few replicas are alive; nothing was tried (0x1000).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="required">Replicas needed.</param>
    /// <param name="alive">Replicas alive.</param>
    public static ServerError Unavailable(ConsistencyLevel consistency, int required, int alive) => new(
        0x1000,
        $"Cannot achieve consistency level {Name(consistency)}",
        (buffer, _) =>
        {
            buffer.WriteInt16((short)consistency);
            buffer.WriteInt32(required);
            buffer.WriteInt32(alive);
        });

    /// <summary>The coordinator is overloaded (0x1001).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Overloaded(string message = "Too many requests in flight") => new(0x1001, message);

    /// <summary>The coordinator is still starting (0x1002).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Bootstrapping(string message = "Cannot read from a bootstrapping node") => new(0x1002, message);

    /// <summary>A truncation failed (0x1003).</summary>
    /// <param name="message">The message.</param>
    public static ServerError TruncateFailed(string message) => new(0x1003, message);

    /// <summary>Too few replicas acknowledged a write in time (0x1100).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    /// <param name="writeType">SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW or CDC.</param>
    /// <param name="contentions">Contentions met; sent on v5 when the write type is CAS.</param>
    public static ServerError WriteTimeout(ConsistencyLevel consistency, int received, int required, string writeType = "SIMPLE", short contentions = 0) => new(
        0x1100,
        $"Operation timed out - received only {received} responses.",
        (buffer, version) =>
        {
            WriteCounts(buffer, consistency, received, required);
            WriteString(buffer, writeType);
            if (version >= ProtocolVersion.V5 && writeType == "CAS")
            {
                buffer.WriteInt16(contentions);
            }
        });

    /// <summary>Too few replicas answered a read in time (0x1200).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Answers received.</param>
    /// <param name="required">Answers needed.</param>
    /// <param name="isDataPresent">Whether the replica that was asked for the data answered.</param>
    public static ServerError ReadTimeout(ConsistencyLevel consistency, int received, int required, bool isDataPresent = false) => new(
        0x1200,
        $"Operation timed out - received only {received} responses.",
        (buffer, _) =>
        {
            WriteCounts(buffer, consistency, received, required);
            buffer.WriteByte(isDataPresent ? (byte)1 : (byte)0);
        });

    /// <summary>Replicas failed while they read (0x1300).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Answers received.</param>
    /// <param name="required">Answers needed.</param>
    /// <param name="failures">Who failed, and why (on v4 only how many).</param>
    /// <param name="isDataPresent">Whether the replica that was asked for the data answered.</param>
    public static ServerError ReadFailure(
        ConsistencyLevel consistency, int received, int required, IReadOnlyList<ReplicaFailure> failures, bool isDataPresent = false) => new(
        0x1300,
        $"Operation failed - received {received} responses and {failures.Count} failures",
        (buffer, version) =>
        {
            WriteCounts(buffer, consistency, received, required);
            WriteFailures(buffer, version, failures);
            buffer.WriteByte(isDataPresent ? (byte)1 : (byte)0);
        });

    /// <summary>A user-defined function failed (0x1400).</summary>
    /// <param name="message">The message.</param>
    /// <param name="keyspace">Its keyspace.</param>
    /// <param name="function">Its name.</param>
    /// <param name="argumentTypes">The types of its arguments.</param>
    public static ServerError FunctionFailure(string message, string keyspace, string function, params IReadOnlyList<string> argumentTypes) => new(
        0x1400,
        message,
        (buffer, _) =>
        {
            WriteString(buffer, keyspace);
            WriteString(buffer, function);
            buffer.WriteInt16((short)argumentTypes.Count);
            foreach (var type in argumentTypes)
            {
                WriteString(buffer, type);
            }
        });

    /// <summary>Replicas failed while they wrote (0x1500).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    /// <param name="failures">Who failed, and why (on v4 only how many).</param>
    /// <param name="writeType">SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW or CDC.</param>
    public static ServerError WriteFailure(
        ConsistencyLevel consistency, int received, int required, IReadOnlyList<ReplicaFailure> failures, string writeType = "SIMPLE") => new(
        0x1500,
        $"Operation failed - received {received} responses and {failures.Count} failures",
        (buffer, version) =>
        {
            WriteCounts(buffer, consistency, received, required);
            WriteFailures(buffer, version, failures);
            WriteString(buffer, writeType);
        });

    /// <summary>A conditional write of unknown outcome (0x1700, v5).</summary>
    /// <param name="consistency">The consistency level asked for.</param>
    /// <param name="received">Acknowledgements received.</param>
    /// <param name="required">Acknowledgements needed.</param>
    public static ServerError CasWriteUnknown(ConsistencyLevel consistency, int received, int required) => new(
        0x1700,
        $"CAS operation result is unknown - proposal accepted by {received} but not a quorum.",
        (buffer, _) => WriteCounts(buffer, consistency, received, required));

    /// <summary>The statement is no CQL (0x2000).</summary>
    /// <param name="message">The message.</param>
    public static ServerError SyntaxError(string message) => new(0x2000, message);

    /// <summary>The user may not do this (0x2100).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Unauthorized(string message) => new(0x2100, message);

    /// <summary>The statement is CQL, but cannot be done (0x2200).</summary>
    /// <param name="message">The message.</param>
    public static ServerError Invalid(string message) => new(0x2200, message);

    /// <summary>The configuration does not allow it (0x2300).</summary>
    /// <param name="message">The message.</param>
    public static ServerError ConfigError(string message) => new(0x2300, message);

    /// <summary>The keyspace or table exists (0x2400).</summary>
    /// <param name="message">The message.</param>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="table">The table, or empty.</param>
    public static ServerError AlreadyExists(string message, string keyspace, string table = "") => new(
        0x2400,
        message,
        (buffer, _) =>
        {
            WriteString(buffer, keyspace);
            WriteString(buffer, table);
        });

    /// <summary>The node does not know a prepared statement (0x2500).</summary>
    /// <param name="statementId">The id that was asked for.</param>
    public static ServerError Unprepared(ReadOnlyMemory<byte> statementId) => new(
        0x2500,
        $"Prepared query with ID {Convert.ToHexStringLower(statementId.Span)} not found (either the query was not prepared on this host "
        + "(maybe the host has been restarted?) or you have prepared too many queries and it has been evicted from the internal cache)",
        (buffer, _) =>
        {
            buffer.WriteInt16((short)statementId.Length);
            buffer.Write(statementId.Span);
        });

    /// <summary>Any code, with the bytes that follow the message.</summary>
    /// <param name="code">The code.</param>
    /// <param name="message">The message.</param>
    /// <param name="fields">What follows the message, as it goes over the wire.</param>
    public static ServerError Custom(int code, string message, ReadOnlyMemory<byte> fields = default) => new(code, message, (buffer, _) => buffer.Write(fields.Span));

    /// <inheritdoc/>
    public override string ToString() => $"0x{Code:X4} {Message}";

    /// <summary>Writes the body of the ERROR message.</summary>
    internal void Write(GrowableBuffer buffer, ProtocolVersion version)
    {
        buffer.WriteInt32(Code);
        WriteString(buffer, Message);
        _writeFields?.Invoke(buffer, version);
    }

    private static void WriteCounts(GrowableBuffer buffer, ConsistencyLevel consistency, int received, int required)
    {
        buffer.WriteInt16((short)consistency);
        buffer.WriteInt32(received);
        buffer.WriteInt32(required);
    }

    private static void WriteFailures(GrowableBuffer buffer, ProtocolVersion version, IReadOnlyList<ReplicaFailure> failures)
    {
        buffer.WriteInt32(failures.Count);
        if (version < ProtocolVersion.V5)
        {
            return;
        }

        foreach (var failure in failures)
        {
            var address = failure.Node.GetAddressBytes();
            buffer.WriteByte((byte)address.Length);
            buffer.Write(address);
            buffer.WriteInt16(failure.Reason);
        }
    }

    private static void WriteString(GrowableBuffer buffer, string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, ushort.MaxValue);
        buffer.WriteInt16((short)(ushort)length);
        buffer.Write(bytes.AsSpan(0, length));
    }

    private static string Name(ConsistencyLevel consistency) => consistency switch
    {
        ConsistencyLevel.LocalQuorum => "LOCAL_QUORUM",
        ConsistencyLevel.EachQuorum => "EACH_QUORUM",
        ConsistencyLevel.LocalSerial => "LOCAL_SERIAL",
        ConsistencyLevel.LocalOne => "LOCAL_ONE",
        _ => consistency.ToString().ToUpperInvariant(),
    };
}

/// <summary>A replica that failed, and why.</summary>
/// <param name="Node">Its address.</param>
/// <param name="Reason">The failure code: 0 unknown, 1 too many tombstones, 2 index not available, ….</param>
public sealed record ReplicaFailure(System.Net.IPAddress Node, short Reason = 0);
