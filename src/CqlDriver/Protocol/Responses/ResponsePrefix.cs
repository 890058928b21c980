using System.Collections.Immutable;

namespace CqlDriver.Protocol;

/// <summary>
/// What stands before the message of a response, as its header flags say: tracing id, warnings, custom payload, in this
/// order (v5, section 4). Most responses have <see cref="None"/>.
/// </summary>
internal sealed record ResponsePrefix
{
    private const FrameFlags Any = FrameFlags.Tracing | FrameFlags.Warning | FrameFlags.CustomPayload;

    public static ResponsePrefix None { get; } = new();

    public Guid? TracingId { get; init; }

    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Null: the frame had none.</summary>
    public IReadOnlyDictionary<string, byte[]?>? CustomPayload { get; init; }

    /// <summary>The flags that say which parts there are.</summary>
    public FrameFlags Flags =>
        (TracingId is null ? FrameFlags.None : FrameFlags.Tracing)
        | (Warnings.IsDefaultOrEmpty ? FrameFlags.None : FrameFlags.Warning)
        | (CustomPayload is null ? FrameFlags.None : FrameFlags.CustomPayload);

    /// <summary>Reads the prefix, leaving the reader at the message. Allocates nothing when there is none.</summary>
    public static ResponsePrefix Read(FrameFlags flags, ref CqlReader reader)
    {
        if ((flags & Any) == 0)
        {
            return None;
        }

        return new ResponsePrefix
        {
            TracingId = (flags & FrameFlags.Tracing) != 0 ? reader.ReadUuid() : null,
            Warnings = (flags & FrameFlags.Warning) != 0 ? reader.ReadStringList() : [],
            CustomPayload = (flags & FrameFlags.CustomPayload) != 0 ? reader.ReadBytesMap() : null,
        };
    }

    /// <summary>Steps over the prefix without reading it.</summary>
    public static void Skip(FrameFlags flags, ref CqlReader reader)
    {
        if ((flags & FrameFlags.Tracing) != 0)
        {
            reader.Skip(16, "the tracing id");
        }

        if ((flags & FrameFlags.Warning) != 0)
        {
            reader.SkipStringList();
        }

        if ((flags & FrameFlags.CustomPayload) != 0)
        {
            reader.SkipBytesMap();
        }
    }
}
