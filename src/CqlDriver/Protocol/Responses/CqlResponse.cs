using System.Collections.Immutable;

namespace CqlDriver.Protocol;

/// <summary>A response as a client reads it. A closed family: one record for each opcode, and for each kind of RESULT.</summary>
internal abstract record CqlResponse
{
    private protected CqlResponse()
    {
    }

    public ResponsePrefix Prefix { get; init; } = ResponsePrefix.None;
}

internal sealed record ReadyResponse : CqlResponse;

internal sealed record AuthenticateResponse(string Authenticator) : CqlResponse;

internal sealed record AuthChallengeResponse(byte[]? Token) : CqlResponse;

internal sealed record AuthSuccessResponse(byte[]? Token) : CqlResponse;

internal sealed record SupportedResponse(IReadOnlyDictionary<string, ImmutableArray<string>> Options) : CqlResponse;

internal sealed record EventResponse(CqlEvent Event) : CqlResponse;

internal sealed record VoidResponse : CqlResponse;

/// <summary>Rows, of which the header alone is read; the cells stay in the body.</summary>
internal sealed record RowsResponse(RowsHeader Rows) : CqlResponse;

internal sealed record SetKeyspaceResponse(string Keyspace) : CqlResponse;

internal sealed record PreparedResponse(PreparedResult Prepared) : CqlResponse;

internal sealed record SchemaChangeResponse(SchemaChange Change) : CqlResponse;

/// <summary>The kinds of RESULT. The numbers are those of the protocol (v5, section 4.2.5).</summary>
internal enum ResultKind
{
    Void = 1,
    Rows = 2,
    SetKeyspace = 3,
    Prepared = 4,
    SchemaChange = 5,
}
