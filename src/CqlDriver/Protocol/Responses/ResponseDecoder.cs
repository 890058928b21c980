namespace CqlDriver.Protocol;

/// <summary>
/// The client's half of the protocol, incoming. How the room fits together: a socket's bytes are, on v5 after STARTUP was
/// answered, segments (<see cref="SegmentReader"/>), whose payload is frames, or parts of one (<see cref="FrameAssembler"/>);
/// on v4 they are frames, whose bodies may be compressed (<see cref="BodyCompression"/>). A frame is a <see cref="FrameHeader"/>,
/// checked by <see cref="FrameReader"/>, and a body, which is decoded here: as a whole by <see cref="Decode"/> where speed
/// does not count, or step by step where it does (<see cref="PeekResultKind"/>, <see cref="ResponsePrefix"/>,
/// <see cref="RowsHeader"/>), so that neither a VOID nor a page of rows without metadata allocates anything.
/// </summary>
/// <remarks>
/// <para>The way out is the mirror image: <see cref="RequestEncoder"/>, then <see cref="BodyCompression"/> or
/// <see cref="SegmentWriter"/>. <see cref="RequestDecoder"/> and <see cref="ResponseEncoder"/> are the server's half, used by
/// the embedded cluster, and the proof that both halves mean the same.</para>
/// <para>All of the room is pure: bytes in, values out, no I/O, no state but the scratch memory of a connection's reader.
/// Hostile bytes raise <see cref="CqlProtocolException"/> and nothing else. Nothing is allocated on the word of a length: counts and
/// lengths are compared with the bytes that are there, compressed sizes with what the formats can expand to.</para>
/// <para>Bytes behind the end of a message are ignored, as the specification asks.</para>
/// </remarks>
internal static class ResponseDecoder
{
    /// <summary>The stream id of events.</summary>
    public const short EventStream = -1;

    /// <summary>Decodes one response.</summary>
    /// <param name="header">The frame's header; its version decides about the layout.</param>
    /// <param name="body">The uncompressed body.</param>
    /// <param name="extensions">What was negotiated on the connection.</param>
    /// <exception cref="CqlProtocolException">The body is malformed, or the opcode is none of a server's.</exception>
    public static CqlResponse Decode(in FrameHeader header, ReadOnlySpan<byte> body, ProtocolExtensions extensions = default)
    {
        var reader = new CqlReader(body, header.Opcode.ToString());
        var prefix = ResponsePrefix.Read(header.Flags, ref reader);
        var response = DecodeMessage(header, ref reader, extensions);
        return ReferenceEquals(prefix, ResponsePrefix.None) ? response : response with { Prefix = prefix };
    }

    /// <summary>Which kind of RESULT a body is; allocates nothing. The header's opcode must be RESULT.</summary>
    /// <param name="header">The frame's header.</param>
    /// <param name="body">The uncompressed body.</param>
    /// <param name="offset">Where the rest of the result starts, behind prefix and kind.</param>
    public static ResultKind PeekResultKind(in FrameHeader header, ReadOnlySpan<byte> body, out int offset)
    {
        var reader = new CqlReader(body, nameof(Opcode.Result));
        ResponsePrefix.Skip(header.Flags, ref reader);
        var kind = (ResultKind)reader.ReadInt();
        offset = reader.Position;
        return kind;
    }

    /// <summary>Whether a response is a RESULT of kind VOID; allocates nothing.</summary>
    public static bool IsVoid(in FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Opcode == Opcode.Result && PeekResultKind(header, body, out _) == ResultKind.Void;

    private static CqlResponse DecodeMessage(in FrameHeader header, ref CqlReader reader, ProtocolExtensions extensions) => header.Opcode switch
    {
        Opcode.Error => ErrorBody.Read(ref reader, header.Version, extensions),
        Opcode.Ready => new ReadyResponse(),
        Opcode.Authenticate => new AuthenticateResponse(reader.ReadString()),
        Opcode.Supported => new SupportedResponse(reader.ReadStringMultimap()),
        Opcode.Result => DecodeResult(header, ref reader, extensions),
        Opcode.Event => new EventResponse(EventBody.Read(ref reader)),
        Opcode.AuthChallenge => new AuthChallengeResponse(reader.ReadBytes()),
        Opcode.AuthSuccess => new AuthSuccessResponse(reader.ReadBytes()),
        _ => throw new CqlProtocolException($"A server sent opcode 0x{(byte)header.Opcode:x2}, which is no response (stream {header.Stream})."),
    };

    private static CqlResponse DecodeResult(in FrameHeader header, ref CqlReader reader, ProtocolExtensions extensions)
    {
        var kind = (ResultKind)reader.ReadInt();
        return kind switch
        {
            ResultKind.Void => new VoidResponse(),
            ResultKind.Rows => new RowsResponse(RowsHeader.Read(ref reader)),
            ResultKind.SetKeyspace => new SetKeyspaceResponse(reader.ReadString()),
            ResultKind.Prepared => new PreparedResponse(PreparedResult.Read(ref reader, header.Version, extensions)),
            ResultKind.SchemaChange => new SchemaChangeResponse(EventBody.ReadSchemaChange(ref reader)),
            _ => throw new CqlProtocolException($"A RESULT has the kind {(int)kind}, which is not known (stream {header.Stream})."),
        };
    }
}
