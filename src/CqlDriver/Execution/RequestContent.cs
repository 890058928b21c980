using System.Diagnostics;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Execution;

/// <summary>What kind of message a request is.</summary>
internal enum RequestKind : byte
{
    Query,
    Execute,
    Batch,
}

/// <summary>
/// What a request sends: filled by its caller, then constant until the request has ended. It encodes itself straight into the
/// send buffer of whichever connection takes it, as that connection's version and extensions demand.
/// </summary>
internal sealed class RequestContent
{
    private const int InitialCapacity = 128;
    private const int KeptCapacity = 64 * 1024;

    private byte[]? _boundValues;
    private List<PreparedCore>? _batched;
    private string? _cql;
    private int _valueCount;
    private bool _areNamed;
    private BatchType _batchType;
    private RequestDefaults _resolved;
    private long? _timestamp;
    private TabletKnowledge _tablet;
    private int _blockTurn;

    public RequestKind Kind { get; private set; }

    public PreparedCore? Prepared { get; private set; }

    /// <summary>The request's own buffer, for values that no statement object holds.</summary>
    public GrowableBuffer Values { get; private set; } = new(InitialCapacity);

    public StatementOptions Options { get; private set; } = StatementOptions.Default;

    public PagingState? Page { get; private set; }

    public bool IsIdempotent => _resolved.IsIdempotent;

    public ConsistencyLevel Consistency => _resolved.Consistency;

    public bool IsConditional => Prepared is { IsConditional: true };

    /// <summary>The encoded values, as they will be sent.</summary>
    public ReadOnlySpan<byte> EncodedValues => _boundValues ?? Values.WrittenSpan;

    /// <summary>The prepared statements of a batch.</summary>
    public IReadOnlyList<PreparedCore> Batched => _batched ?? [];

    /// <summary>An EXECUTE whose values will be written to <see cref="Values"/>.</summary>
    public void SetExecute(PreparedCore prepared, StatementOptions options)
    {
        Kind = RequestKind.Execute;
        Prepared = prepared;
        Options = options;
        Page = options.PagingState;
        _valueCount = prepared.Parameters.Length;
    }

    /// <summary>An EXECUTE with the values of a bound statement, which never change.</summary>
    public void SetExecute(PreparedCore prepared, byte[] values, StatementOptions options)
    {
        SetExecute(prepared, options);
        _boundValues = values;
    }

    public void SetQuery(string cql, int valueCount, bool areNamed, StatementOptions options)
    {
        Kind = RequestKind.Query;
        Options = options;
        Page = options.PagingState;
        _cql = cql;
        _valueCount = valueCount;
        _areNamed = areNamed;
    }

    public void SetBatch(BatchType type, int count, StatementOptions options)
    {
        Kind = RequestKind.Batch;
        Options = options;
        _batchType = type;
        _valueCount = count;
    }

    public void AddBatched(PreparedCore prepared)
    {
        _batched ??= [];
        if (!_batched.Contains(prepared))
        {
            _batched.Add(prepared);
        }
    }

    /// <summary>What the plan knew of the partition's tablet, for the nodes that compare it with what they know.</summary>
    public void SetTablet(TabletKnowledge tablet) => _tablet = tablet;

    /// <summary>Fixes what the statement left open, once and for all attempts: a retried write keeps its timestamp.</summary>
    public void Resolve(in RequestDefaults defaults, long? timestamp) => (_resolved, _timestamp) = (defaults, timestamp);

    /// <summary>A copy of what a following page needs; the values are shared when they belong to a statement, copied otherwise.</summary>
    public PagedContent ToPaged()
    {
        Debug.Assert(Kind != RequestKind.Batch, "A batch has no pages.");
        return new PagedContent(Prepared, _cql, _boundValues ?? Values.WrittenSpan.ToArray(), _valueCount, _areNamed, Options);
    }

    /// <summary>The request for a following page.</summary>
    public void SetPage(PagedContent paged, PagingState page)
    {
        if (paged.Prepared is { } prepared)
        {
            SetExecute(prepared, paged.Values, paged.Options);
        }
        else
        {
            SetQuery(paged.Cql!, paged.ValueCount, paged.AreNamed, paged.Options);
            _boundValues = paged.Values;
        }

        Page = page;
    }

    /// <summary>Why a connection cannot carry the request; null when it can.</summary>
    public string? WhyNotOn(ConnectionFacts connection) => connection.Version >= ProtocolVersion.V5 || Options is { Keyspace: null, NowInSeconds: null }
        ? null
        : $"the statement has {(Options.Keyspace is not null ? "a keyspace" : "a current time")} of its own, which takes protocol v5; this node speaks {connection.Version}";

    /// <summary>Appends the frame. Returns the layout of rows that the answer may leave out; null when it may not.</summary>
    public RowLayout? Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection)
    {
        var head = new RequestHead(connection.Version, stream, connection.Extensions) { IsTraced = Options.IsTraced, CustomPayload = Options.CustomPayload };
        switch (Kind)
        {
            case RequestKind.Execute:
                return EncodeExecute(buffer, head, Prepared!, connection.HasResultMetadataIds);
            case RequestKind.Query:
                RequestEncoder.Query(buffer, head, _cql!, Parameters(skipMetadata: false));
                return null;
            default:
                EncodeBatch(buffer, head);
                return null;
        }
    }

    /// <summary>Forgets the request and keeps its buffer, unless it grew large.</summary>
    public void Clear()
    {
        Prepared = null;
        Options = StatementOptions.Default;
        Page = null;
        _cql = null;
        _boundValues = null;
        _batched?.Clear();
        _areNamed = false;
        _tablet = default;
        if (Values.Capacity <= KeptCapacity)
        {
            Values.Clear();
        }
        else
        {
            Values.Dispose();
            Values = new GrowableBuffer(InitialCapacity);
        }
    }

    private RowLayout? EncodeExecute(GrowableBuffer buffer, in RequestHead head, PreparedCore prepared, bool hasMetadataIds)
    {
        // Without metadata ids a changed schema would go unnoticed: there the answer always carries its columns.
        var layout = prepared.Layout;
        var skips = hasMetadataIds && !layout.MetadataId.IsEmpty && layout.Columns.Length > 0;
        RequestEncoder.Execute(buffer, head, prepared.Id, layout.MetadataId.Span, Parameters(skips));
        return skips ? layout : null;
    }

    private void EncodeBatch(GrowableBuffer buffer, in RequestHead head) => RequestEncoder.Batch(buffer, head, new BatchParameters((BatchKind)_batchType, _resolved.Consistency)
    {
        Statements = Values.WrittenSpan,
        StatementCount = _valueCount,
        SerialConsistency = _resolved.SerialConsistency,
        Timestamp = _timestamp,
        Keyspace = Options.Keyspace,
        NowInSeconds = Options.NowInSeconds,
    });

    private QueryParameters Parameters(bool skipMetadata) => new(_resolved.Consistency)
    {
        Values = EncodedValues,
        ValueCount = _valueCount,
        ValuesAreNamed = _areNamed,
        SkipMetadata = skipMetadata,
        PageSize = _resolved.PageSize,
        PagingState = Page is { } page ? page.Bytes.Span : default,
        SerialConsistency = _resolved.SerialConsistency,
        Timestamp = _timestamp,
        Keyspace = Options.Keyspace,
        NowInSeconds = Options.NowInSeconds,
        TabletVersionBlock = _tablet.Block(_blockTurn++),
    };
}

/// <summary>What a request's plan knew of its tablet.</summary>
/// <param name="HasToken">Whether the request is for one partition.</param>
/// <param name="Version">The version of the tablet; null: not known.</param>
internal readonly record struct TabletKnowledge(bool HasToken, ulong? Version)
{
    /// <summary>
    /// The byte behind an EXECUTE where tablets V2 are negotiated: which four bits of the version, and these. Another four each
    /// time, so that an old version is noticed soon. Without a version anything, so that the node tells; without a partition 0.
    /// </summary>
    public byte Block(int turn)
    {
        if (!HasToken)
        {
            return 0;
        }

        var index = turn & 0xF;
        return Version is { } version ? (byte)((index << 4) | (int)((version >> (4 * index)) & 0xF)) : (byte)(turn * 0x9D);
    }
}

/// <summary>What a request says after the session filled in what its statement left open.</summary>
internal readonly record struct RequestDefaults(ConsistencyLevel Consistency, ConsistencyLevel? SerialConsistency, int PageSize, bool IsIdempotent);

/// <summary>What the following pages of a result are asked with.</summary>
internal sealed record PagedContent(PreparedCore? Prepared, string? Cql, byte[] Values, int ValueCount, bool AreNamed, StatementOptions Options);
