using System.Collections.Immutable;
using System.Net;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Protocol;

/// <summary>Makes messages of every kind from one seed: each field absent, small, odd or large.</summary>
internal sealed class Generated(int seed)
{
    private static readonly CqlType[] Primitives =
    [
        CqlType.Ascii, CqlType.Bigint, CqlType.Blob, CqlType.Boolean, CqlType.Counter, CqlType.Decimal, CqlType.Double, CqlType.Float, CqlType.Int, CqlType.Timestamp, CqlType.Uuid,
        CqlType.Text, CqlType.Varint, CqlType.Timeuuid, CqlType.Inet, CqlType.Date, CqlType.Time, CqlType.Smallint, CqlType.Tinyint, CqlType.Duration,
    ];

    private readonly Random _random = new(seed);

    public int Below(int limit) => _random.Next(limit);

    public bool Maybe(int oneIn = 2) => _random.Next(oneIn) == 0;

    public byte[] Bytes(int max = 40)
    {
        var bytes = new byte[_random.Next(max + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    public byte[]? BytesOrNull() => Maybe(4) ? null : Bytes();

    public string Text() => string.Concat(Enumerable.Range(0, _random.Next(12)).Select(_ => "abcXYZ_0 \"'éЖ😀"[.._random.Next(1, 12)]));

    public ImmutableArray<T> Some<T>(Func<T> make, int max = 5) => [.. Enumerable.Range(0, _random.Next(max + 1)).Select(_ => make())];

    public Dictionary<string, T> Map<T>(Func<T> make) => Some(Text).Distinct().ToDictionary(key => key, _ => make());

    public T OneOf<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    public IPAddress Address() => new(OneOf(new byte[4], new byte[16]).Select(_ => (byte)_random.Next(256)).ToArray());

    public IPEndPoint EndPoint() => new(Address(), _random.Next(65_536));

    public ConsistencyLevel Consistency() => (ConsistencyLevel)_random.Next(11);

    public CqlType Type(int depth = 0) => (depth > 3 ? 0 : _random.Next(10)) switch
    {
        1 => CqlType.List(Type(depth + 1)),
        2 => CqlType.Set(Type(depth + 1)),
        3 => CqlType.Map(Type(depth + 1), Type(depth + 1)),
        4 => CqlType.Tuple([Type(depth + 1), .. Some(() => Type(depth + 1), 2)]),
        5 => new CqlUserType(Text(), Text(), Some(() => new CqlUserTypeField(Text(), Type(depth + 1)), 3)),
        6 => CqlType.Vector(OneOf(CqlType.Float, CqlType.Text, CqlType.List(CqlType.Int)), 1 + _random.Next(2000)),
        7 => CqlType.Custom("com.example.Odd" + _random.Next(10)),
        _ => OneOf(Primitives),
    };

    public CqlRequest Request(int version, ProtocolExtensions extensions)
    {
        CqlRequest request = _random.Next(8) switch
        {
            0 => new OptionsRequest(),
            1 => new StartupRequest(Map(Text)),
            2 => new AuthResponseRequest(Bytes()),
            3 => new RegisterRequest([EventTypes.TopologyChange, EventTypes.ClientRoutesChange]),
            4 => new QueryRequest(Text(), Parameters(version)),
            5 => new PrepareRequest(Text(), version >= 5 && Maybe() ? Text() : null),
            6 => new ExecuteRequest(
                Bytes(), extensions.UsesResultMetadataIds(version) ? Bytes() : null, Parameters(version), extensions.HasTabletVersionBlock ? (byte)_random.Next(256) : null),
            _ => Batch(version),
        };
        return request with { IsTraced = Maybe(), CustomPayload = Maybe(3) ? Map(BytesOrNull) : null };
    }

    public CqlResponse Response(ProtocolExtensions extensions, int version)
    {
        CqlResponse response = _random.Next(10) switch
        {
            0 => new ReadyResponse(),
            1 => new AuthenticateResponse(Text()),
            2 => new AuthChallengeResponse(BytesOrNull()),
            3 => new AuthSuccessResponse(BytesOrNull()),
            4 => new SupportedResponse(Map(() => Some(Text))),
            5 => new EventResponse(Event()),
            6 => new VoidResponse(),
            7 => new PreparedResponse(Prepared(extensions, version)),
            8 => OneOf<CqlResponse>(new SetKeyspaceResponse(Text()), new SchemaChangeResponse(SchemaChange())),
            _ => Error(version, extensions),
        };
        return response with { Prefix = Prefix() };
    }

    public ResponsePrefix Prefix() => Maybe()
        ? ResponsePrefix.None
        : new ResponsePrefix { TracingId = Maybe() ? new Guid(Enumerable.Range(0, 16).Select(_ => (byte)Below(256)).ToArray()) : null, Warnings = Some(Text), CustomPayload = Maybe() ? Map(BytesOrNull) : null };

    public ImmutableArray<ColumnSpec> Columns()
    {
        var one = Maybe();
        var (keyspace, table) = (Text(), Text());
        return Some(() => new ColumnSpec(one ? keyspace : Text(), one ? table : Text(), Text(), Type()), 6);
    }

    public ErrorResponse Error(int version, ProtocolExtensions extensions)
    {
        var failures = version >= 5 ? Some(() => new ReplicaFailure(Address(), (RequestFailureReason)Below(8))) : [];
        var failureCount = version >= 5 ? failures.Length : Below(4);
        var writeType = (WriteType)Below(9);
        int? contentions = writeType == WriteType.Cas && version >= 5 ? Below(60_000) : null;
        return Below(extensions.RateLimitErrorCode is null ? 11 : 12) switch
        {
            0 => new UnavailableError(Text(), Consistency(), Below(9), Below(9)),
            1 => new WriteTimeoutError(Text(), Consistency(), Below(9), Below(9), writeType, contentions),
            2 => new ReadTimeoutError(Text(), Consistency(), Below(9), Below(9), Maybe()),
            3 => new ReadFailureError(Text(), Consistency(), Below(9), Below(9), failureCount, failures, Maybe()),
            4 => new WriteFailureError(Text(), Consistency(), Below(9), Below(9), failureCount, failures, writeType),
            5 => new FunctionFailureError(Text(), Text(), Text(), Some(Text)),
            6 => new CasWriteUnknownError(Text(), Consistency(), Below(9), Below(9)),
            7 => new AlreadyExistsError(Text(), Text(), Text()),
            8 => new UnpreparedError(Text(), Bytes()),
            11 => new RateLimitError((CqlErrorCode)extensions.RateLimitErrorCode!.Value, Text(), (RateLimitedOperation)Below(2), Maybe()),
            _ => new ErrorResponse(
                OneOf(CqlErrorCode.ServerError, CqlErrorCode.ProtocolError, CqlErrorCode.BadCredentials, CqlErrorCode.Overloaded, CqlErrorCode.IsBootstrapping, CqlErrorCode.TruncateError,
                    CqlErrorCode.CdcWriteFailure, CqlErrorCode.SyntaxError, CqlErrorCode.Unauthorized, CqlErrorCode.Invalid, CqlErrorCode.ConfigError, (CqlErrorCode)0x7777),
                Text()),
        };
    }

    private SchemaChange SchemaChange()
    {
        var target = (SchemaChangeTarget)(1 + Below(5));
        return new SchemaChange(
            (SchemaChangeKind)(1 + Below(3)), target, Text(), target == SchemaChangeTarget.Keyspace ? null : Text(),
            target is SchemaChangeTarget.Function or SchemaChangeTarget.Aggregate ? Some(Text) : []);
    }

    private CqlEvent Event() => Below(5) switch
    {
        0 => new TopologyChangeEvent((TopologyChangeKind)Below(4), EndPoint()),
        1 => new StatusChangeEvent((StatusChangeKind)Below(3), EndPoint()),
        2 => new SchemaChangeEvent(SchemaChange()),
        3 => new ClientRoutesChangeEvent(OneOf(ClientRoutesChangeEvent.UpdateNodes, Text()), Some(Text), Some(Text)),
        _ => new UnknownEvent("SOMETHING_NEW"),
    };

    private PreparedResult Prepared(ProtocolExtensions extensions, int version)
    {
        var columns = Columns();
        var isGlobal = ColumnSpecs.AreOfOneTable(columns) ? 1 : 0;
        var flags = (Maybe() ? int.MinValue : 0) | isGlobal;
        var indexes = columns.IsEmpty ? [] : Some(() => Below(columns.Length), 3);
        return new PreparedResult(
            Bytes(), extensions.UsesResultMetadataIds(version) ? Bytes() : null, new PreparedVariables(flags, columns, indexes), Maybe(3) ? null : new ResultMetadata(Columns()));
    }

    private RequestParameters Parameters(int version)
    {
        var areNamed = Maybe(3);
        return new RequestParameters(Consistency())
        {
            Values = Some(() => Value(areNamed)),
            SkipMetadata = Maybe(),
            PageSize = Maybe() ? 1 + Below(100_000) : null,
            PagingState = Maybe() ? [1, .. Bytes()] : null,
            SerialConsistency = Maybe() ? ConsistencyLevel.LocalSerial : null,
            Timestamp = Maybe() ? _random.NextInt64() : null,
            Keyspace = version >= 5 && Maybe() ? Text() : null,
            NowInSeconds = version >= 5 && Maybe() ? Below(int.MaxValue) : null,
        };
    }

    private RequestValue Value(bool isNamed)
    {
        var kind = (CqlValueKind)Below(3);
        return new RequestValue(isNamed ? Text() : null, kind, kind == CqlValueKind.Present ? Bytes() : null);
    }

    private BatchRequest Batch(int version) => new(
        (BatchKind)Below(3),
        Some(() => Maybe() ? new BatchRequestStatement(Text(), null, Some(() => Value(false))) : new BatchRequestStatement(null, Bytes(), Some(() => Value(false)))),
        Consistency(),
        Maybe() ? ConsistencyLevel.Serial : null,
        Maybe() ? _random.NextInt64() : null,
        version >= 5 && Maybe() ? Text() : null,
        version >= 5 && Maybe() ? Below(int.MaxValue) : null);
}
