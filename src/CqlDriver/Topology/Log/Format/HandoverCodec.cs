namespace CqlDriver.Topology;

/// <summary>
/// Checkpoints and aborts of handovers to bytes and back. A checkpoint has a checksum of its own, compared on its raw bytes
/// before any of them is believed: what a handover is taken up from again must be right or not be there.
/// </summary>
internal static class HandoverCodec
{
    public static void WriteCheckpoint(LogWriter writer, HandoverCheckpoint checkpoint)
    {
        var inner = new LogWriter();
        inner.Signed(checkpoint.Handover);
        inner.Byte((byte)checkpoint.Phase);
        inner.Count(checkpoint.Attempt);
        inner.OptionalEndpoint(checkpoint.From);
        inner.Endpoint(checkpoint.To);
        inner.Signed(checkpoint.Generation);
        inner.Signed(checkpoint.FormerGeneration);
        inner.Time(checkpoint.At);
        writer.Signed(checkpoint.Handover);
        writer.Bytes(inner.Written);
        writer.Fixed(LogChecksum.Of(inner.Written));
    }

    /// <exception cref="DamagedEntryException">The checksum does not fit.</exception>
    public static HandoverCheckpoint ReadCheckpoint(HostId hostId, ref LogReader reader)
    {
        var handover = reader.Signed();
        var payload = reader.Bytes();
        var (told, counted) = (reader.Fixed32(), LogChecksum.Of(payload));
        if (told != counted)
        {
            throw new DamagedEntryException($"the checkpoint of handover {handover} of node {hostId} has the checksum {counted:X8}, expected {told:X8}");
        }

        var inner = new LogReader(payload);
        var checkpoint = new HandoverCheckpoint(hostId)
        {
            Handover = inner.Signed(),
            Phase = inner.Enum<HandoverPhase>(),
            Attempt = inner.Number(),
            From = inner.OptionalEndpoint(),
            To = inner.Endpoint(),
            Generation = inner.Signed(),
            FormerGeneration = inner.Signed(),
            At = inner.Time(),
        };
        inner.End();
        return checkpoint.Handover == handover
            ? checkpoint
            : throw new DamagedEntryException($"the checkpoint of handover {handover} of node {hostId} belongs to handover {checkpoint.Handover}");
    }

    public static void WriteAborted(LogWriter writer, HandoverAborted aborted)
    {
        writer.Signed(aborted.Handover);
        writer.Text(aborted.Reason);
        writer.List(aborted.Compensations, WriteCompensation);
    }

    public static HandoverAborted ReadAborted(HostId hostId, ref LogReader reader) =>
        new(hostId, reader.Signed(), reader.Text()) { Compensations = reader.List(static (ref LogReader part) => ReadCompensation(ref part)) };

    private static void WriteCompensation(LogWriter writer, HandoverCompensation compensation)
    {
        switch (compensation)
        {
            case EndpointRestored restored:
                writer.Byte(1);
                writer.OptionalEndpoint(restored.Endpoint);
                break;
            case GenerationBurned burned:
                writer.Byte(2);
                writer.Signed(burned.Reserved);
                writer.Signed(burned.Before);
                break;
            default:
                throw new ArgumentException($"{compensation.GetType().Name} is no compensation that can be written down.", nameof(compensation));
        }
    }

    private static HandoverCompensation ReadCompensation(ref LogReader reader) => reader.Byte() switch
    {
        1 => new EndpointRestored(reader.OptionalEndpoint()),
        2 => new GenerationBurned(reader.Signed(), reader.Signed()),
        var other => throw new UndecodableEntryException($"compensation {other} is not known"),
    };
}
