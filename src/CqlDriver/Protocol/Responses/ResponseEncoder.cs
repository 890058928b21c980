using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// The server's half of the protocol, outgoing: each method appends one whole, uncompressed response frame, header included,
/// and returns where it starts. See <see cref="RequestEncoder"/> for what follows.
/// </summary>
internal static class ResponseEncoder
{
    /// <summary>Writes any response but rows, which have content: see <see cref="Rows"/>.</summary>
    /// <param name="buffer">Receives the frame.</param>
    /// <param name="version">The version for the header; it decides about the layout.</param>
    /// <param name="stream">The stream id of the request, or <see cref="ResponseDecoder.EventStream"/>.</param>
    /// <param name="response">The message and its prefix.</param>
    /// <param name="extensions">What was negotiated on the connection.</param>
    public static int Encode(GrowableBuffer buffer, int version, short stream, CqlResponse response, ProtocolExtensions extensions = default)
    {
        var start = Begin(buffer, version, stream, OpcodeOf(response), response.Prefix);
        switch (response)
        {
            case ErrorResponse error:
                ErrorBody.Write(buffer, error, version);
                break;
            case AuthenticateResponse authenticate:
                buffer.WriteString(authenticate.Authenticator);
                break;
            case AuthChallengeResponse challenge:
                buffer.WriteBytesOrNull(challenge.Token);
                break;
            case AuthSuccessResponse success:
                buffer.WriteBytesOrNull(success.Token);
                break;
            case SupportedResponse supported:
                buffer.WriteStringMultimap(supported.Options);
                break;
            case EventResponse message:
                EventBody.Write(buffer, message.Event);
                break;
            default:
                WriteResult(buffer, version, response, extensions);
                break;
        }

        return End(buffer, start);
    }

    /// <summary>Writes a ROWS result.</summary>
    /// <param name="buffer">Receives the frame.</param>
    /// <param name="version">The version for the header.</param>
    /// <param name="stream">The stream id of the request.</param>
    /// <param name="prefix">Tracing id, warnings, payload.</param>
    /// <param name="rows">Metadata and number of rows; its content offset means nothing here.</param>
    /// <param name="content">The cells, encoded as [bytes], row after row.</param>
    public static int Rows(GrowableBuffer buffer, int version, short stream, ResponsePrefix prefix, in RowsHeader rows, ReadOnlySpan<byte> content)
    {
        var start = Begin(buffer, version, stream, Opcode.Result, prefix);
        buffer.WriteInt32((int)ResultKind.Rows);
        rows.Write(buffer, version);
        buffer.Write(content);
        return End(buffer, start);
    }

    /// <summary>Writes a VOID result; allocates nothing.</summary>
    public static int Void(GrowableBuffer buffer, int version, short stream)
    {
        var start = Begin(buffer, version, stream, Opcode.Result, ResponsePrefix.None);
        buffer.WriteInt32((int)ResultKind.Void);
        return End(buffer, start);
    }

    private static void WriteResult(GrowableBuffer buffer, int version, CqlResponse response, ProtocolExtensions extensions)
    {
        switch (response)
        {
            case VoidResponse:
                buffer.WriteInt32((int)ResultKind.Void);
                break;
            case RowsResponse:
                throw new ArgumentException("Rows have content; they have a method of their own.", nameof(response));
            case SetKeyspaceResponse setKeyspace:
                buffer.WriteInt32((int)ResultKind.SetKeyspace);
                buffer.WriteString(setKeyspace.Keyspace);
                break;
            case PreparedResponse prepared:
                buffer.WriteInt32((int)ResultKind.Prepared);
                prepared.Prepared.Write(buffer, version, extensions);
                break;
            case SchemaChangeResponse schemaChange:
                buffer.WriteInt32((int)ResultKind.SchemaChange);
                EventBody.WriteSchemaChange(buffer, schemaChange.Change);
                break;
        }
    }

    private static Opcode OpcodeOf(CqlResponse response) => response switch
    {
        ErrorResponse => Opcode.Error,
        ReadyResponse => Opcode.Ready,
        AuthenticateResponse => Opcode.Authenticate,
        AuthChallengeResponse => Opcode.AuthChallenge,
        AuthSuccessResponse => Opcode.AuthSuccess,
        SupportedResponse => Opcode.Supported,
        EventResponse => Opcode.Event,
        _ => Opcode.Result,
    };

    private static int Begin(GrowableBuffer buffer, int version, short stream, Opcode opcode, ResponsePrefix prefix)
    {
        var start = buffer.Length;
        new FrameHeader((byte)version, IsResponse: true, prefix.Flags, stream, opcode, 0).Write(buffer.Append(FrameHeader.Size));
        if (prefix.TracingId is { } tracingId)
        {
            buffer.WriteUuid(tracingId);
        }

        if (!prefix.Warnings.IsDefaultOrEmpty)
        {
            buffer.WriteStringList(prefix.Warnings);
        }

        if (prefix.CustomPayload is not null)
        {
            buffer.WriteBytesMap(prefix.CustomPayload);
        }

        return start;
    }

    private static int End(GrowableBuffer buffer, int start)
    {
        buffer.PatchInt32(start + FrameHeader.Size - sizeof(int), buffer.Length - start - FrameHeader.Size);
        return start;
    }
}
