using System.Collections.Immutable;

namespace CqlDriver.Testing;

/// <summary>What a node does instead of, before or after a plain answer.</summary>
public abstract record FaultReaction
{
    private FaultReaction()
    {
    }

    /// <summary>Answers with an error; the statement is not run unless the rule says so.</summary>
    /// <param name="error">The error.</param>
    public static FaultReaction Fail(ServerError error) => new FailReaction(error);

    /// <summary>Runs the statement and answers when the gate opens; requests behind it on the connection go on.</summary>
    /// <param name="until">The gate.</param>
    public static FaultReaction Delay(FaultGate until) => new DelayReaction(until);

    /// <summary>Answers nothing.</summary>
    public static FaultReaction Drop() => new DropReaction();

    /// <summary>Closes the connection in order (FIN), without an answer.</summary>
    public static FaultReaction Close() => new CloseReaction();

    /// <summary>Resets the connection (RST), without an answer.</summary>
    public static FaultReaction Reset() => new ResetReaction();

    /// <summary>Ends the node's side of the connection and goes on reading: answers no more.</summary>
    public static FaultReaction HalfClose() => new HalfCloseReaction();

    /// <summary>Sends bytes instead of an answer, as they are.</summary>
    /// <param name="bytes">The bytes.</param>
    public static FaultReaction SendBytes(ReadOnlyMemory<byte> bytes) => new SendBytesReaction(bytes);

    /// <summary>Answers as a node with another host id would, in SUPPORTED and in <c>system.local</c>.</summary>
    /// <param name="hostId">The other host id.</param>
    public static FaultReaction ReportHostId(Guid hostId) => new ReportHostIdReaction(hostId);

    /// <summary>Answers this request, then reads no more from the connection until the gate opens: a slow reader.</summary>
    /// <param name="until">The gate.</param>
    public static FaultReaction StopReading(FaultGate until) => new StopReadingReaction(until);

    /// <summary>From this answer on, writes to the connection in pieces of so many bytes.</summary>
    /// <param name="bytes">The size of a piece, 1 or more.</param>
    public static FaultReaction WriteInPieces(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new WriteInPiecesReaction(bytes);
    }

    /// <summary>Answers with warnings and a custom payload.</summary>
    /// <param name="warnings">The warnings.</param>
    /// <param name="customPayload">The payload.</param>
    public static FaultReaction Attach(IReadOnlyCollection<string>? warnings = null, IReadOnlyDictionary<string, byte[]?>? customPayload = null) =>
        new AttachReaction([.. warnings ?? []], customPayload);

    internal sealed record FailReaction(ServerError Error) : FaultReaction;

    internal sealed record DelayReaction(FaultGate Until) : FaultReaction;

    internal sealed record DropReaction : FaultReaction;

    internal sealed record CloseReaction : FaultReaction;

    internal sealed record ResetReaction : FaultReaction;

    internal sealed record HalfCloseReaction : FaultReaction;

    internal sealed record SendBytesReaction(ReadOnlyMemory<byte> Bytes) : FaultReaction;

    internal sealed record ReportHostIdReaction(Guid HostId) : FaultReaction;

    internal sealed record StopReadingReaction(FaultGate Until) : FaultReaction;

    internal sealed record WriteInPiecesReaction(int Bytes) : FaultReaction;

    internal sealed record AttachReaction(ImmutableArray<string> Warnings, IReadOnlyDictionary<string, byte[]?>? CustomPayload) : FaultReaction;
}
