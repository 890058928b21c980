using System.Collections.Immutable;

namespace CqlDriver.Protocol;

/// <summary>The server's half of the protocol, incoming: bodies of request frames, uncompressed, to <see cref="CqlRequest"/>s.</summary>
internal static class RequestDecoder
{
    private const int PrepareWithKeyspace = 0x01;

    /// <summary>Decodes one request.</summary>
    /// <param name="header">The frame's header; its version decides about the layout.</param>
    /// <param name="body">The uncompressed body.</param>
    /// <param name="extensions">What was negotiated on the connection.</param>
    /// <exception cref="CqlProtocolException">The body is malformed, or the opcode is none of a client's.</exception>
    public static CqlRequest Decode(in FrameHeader header, ReadOnlySpan<byte> body, ProtocolExtensions extensions = default)
    {
        var reader = new CqlReader(body, header.Opcode.ToString());
        var payload = (header.Flags & FrameFlags.CustomPayload) != 0 ? reader.ReadBytesMap() : null;
        var request = DecodeMessage(header, ref reader, extensions);
        return request with { IsTraced = (header.Flags & FrameFlags.Tracing) != 0, CustomPayload = payload };
    }

    private static CqlRequest DecodeMessage(in FrameHeader header, ref CqlReader reader, ProtocolExtensions extensions)
    {
        switch (header.Opcode)
        {
            case Opcode.Options:
                return new OptionsRequest();
            case Opcode.Startup:
                return new StartupRequest(reader.ReadStringMap());
            case Opcode.AuthResponse:
                return new AuthResponseRequest(reader.ReadBytes());
            case Opcode.Register:
                return new RegisterRequest(reader.ReadStringList());
            case Opcode.Query:
                var cql = reader.ReadLongString();
                return new QueryRequest(cql, ReadParameters(ref reader, header.Version));
            case Opcode.Prepare:
                return ReadPrepare(ref reader, header.Version);
            case Opcode.Execute:
                return ReadExecute(ref reader, header.Version, extensions);
            case Opcode.Batch:
                return ReadBatch(ref reader, header.Version);
            default:
                throw new CqlProtocolException($"A client sent opcode 0x{(byte)header.Opcode:x2}, which is no request.");
        }
    }

    private static PrepareRequest ReadPrepare(ref CqlReader reader, int version)
    {
        var cql = reader.ReadLongString();
        var flags = version >= 5 ? reader.ReadInt() : 0;
        return new PrepareRequest(cql, (flags & PrepareWithKeyspace) != 0 ? reader.ReadString() : null);
    }

    private static ExecuteRequest ReadExecute(ref CqlReader reader, int version, ProtocolExtensions extensions)
    {
        var id = reader.ReadShortBytes().ToArray();
        var metadataId = extensions.UsesResultMetadataIds(version) ? reader.ReadShortBytes().ToArray() : null;
        var parameters = ReadParameters(ref reader, version);
        return new ExecuteRequest(id, metadataId, parameters, extensions.HasTabletVersionBlock ? reader.ReadByte() : null);
    }

    private static BatchRequest ReadBatch(ref CqlReader reader, int version)
    {
        var kind = (BatchKind)reader.ReadByte();
        if (kind > BatchKind.Counter)
        {
            reader.ThrowMalformed($"batch kind {(int)kind} is not known");
        }

        var count = reader.ReadCount(5, "a batch");
        var statements = ImmutableArray.CreateBuilder<BatchRequestStatement>(count);
        for (var i = 0; i < count; i++)
        {
            statements.Add(ReadBatchStatement(ref reader));
        }

        var consistency = reader.ReadConsistency();
        var flags = ReadFlags(ref reader, version);
        if ((flags & QueryFlags.NamedValues) != 0)
        {
            reader.ThrowMalformed("a batch has named values, which cannot be read (the names follow the values' count, the flag comes after all)");
        }

        return new BatchRequest(
            kind,
            statements.MoveToImmutable(),
            consistency,
            (flags & QueryFlags.SerialConsistency) != 0 ? reader.ReadConsistency() : null,
            (flags & QueryFlags.Timestamp) != 0 ? reader.ReadLong() : null,
            (flags & QueryFlags.Keyspace) != 0 ? reader.ReadString() : null,
            (flags & QueryFlags.NowInSeconds) != 0 ? reader.ReadInt() : null);
    }

    private static BatchRequestStatement ReadBatchStatement(ref CqlReader reader)
    {
        switch (reader.ReadByte())
        {
            case BatchStatements.KindQuery:
                var cql = reader.ReadLongString();
                return new BatchRequestStatement(cql, null, ReadValues(ref reader, areNamed: false));
            case BatchStatements.KindPrepared:
                var id = reader.ReadShortBytes().ToArray();
                return new BatchRequestStatement(null, id, ReadValues(ref reader, areNamed: false));
            case var kind:
                reader.ThrowMalformed($"a statement of a batch has the kind {kind}");
                return null;
        }
    }

    private static RequestParameters ReadParameters(ref CqlReader reader, int version)
    {
        var consistency = reader.ReadConsistency();
        var flags = ReadFlags(ref reader, version);
        return new RequestParameters(consistency)
        {
            SkipMetadata = (flags & QueryFlags.SkipMetadata) != 0,
            Values = (flags & QueryFlags.Values) != 0 ? ReadValues(ref reader, (flags & QueryFlags.NamedValues) != 0) : [],
            PageSize = (flags & QueryFlags.PageSize) != 0 ? reader.ReadInt() : null,
            PagingState = (flags & QueryFlags.PagingState) != 0 ? reader.ReadBytes() : null,
            SerialConsistency = (flags & QueryFlags.SerialConsistency) != 0 ? reader.ReadConsistency() : null,
            Timestamp = (flags & QueryFlags.Timestamp) != 0 ? reader.ReadLong() : null,
            Keyspace = (flags & QueryFlags.Keyspace) != 0 ? reader.ReadString() : null,
            NowInSeconds = (flags & QueryFlags.NowInSeconds) != 0 ? reader.ReadInt() : null,
        };
    }

    /// <summary>Bits that are not known are ignored up to v4, where bit 0x80 meant nothing.</summary>
    private static QueryFlags ReadFlags(ref CqlReader reader, int version) =>
        version >= 5 ? (QueryFlags)reader.ReadInt() : (QueryFlags)(reader.ReadByte() & 0x7F);

    private static ImmutableArray<RequestValue> ReadValues(ref CqlReader reader, bool areNamed)
    {
        var count = reader.ReadCount(areNamed ? 6 : 4, "a list of values");
        var values = ImmutableArray.CreateBuilder<RequestValue>(count);
        for (var i = 0; i < count; i++)
        {
            var name = areNamed ? reader.ReadString() : null;
            var kind = reader.ReadValue(out var bytes);
            values.Add(new RequestValue(name, kind, kind == CqlValueKind.Present ? bytes.ToArray() : null));
        }

        return values.MoveToImmutable();
    }
}
