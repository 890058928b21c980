using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>
/// Takes the frames of one connection and appends their answers: handshake first, then statements. Runs on the
/// connection's read loop; answers that a rule holds back come from tasks of the connection.
/// </summary>
internal sealed class RequestHandler(ServerConnection connection)
{
    private readonly Handshake _handshake = new(connection);
    private readonly EmbeddedNode _node = connection.Node;
    private int _version = (int)connection.Node.Dialect.Newest;

    public void Handle(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        if (!_node.Dialect.Speaks(header.Version) || (_handshake.Version is { } agreed && header.Version != agreed))
        {
            RefuseVersion(header);
            return;
        }

        _version = header.Version;
        CqlRequest request;
        try
        {
            request = RequestDecoder.Decode(header, body, _handshake.Extensions.Protocol);
        }
        catch (CqlProtocolException e)
        {
            AppendError(header.Stream, ServerError.Protocol(e.Message));
            return;
        }

        var kind = KindOf(request);
        _node.Statistics.OnRequest(kind);
        if (_node.Statistics.KeepsLog || !_node.Faults.IsEmpty)
        {
            var record = RequestRecords.Of(connection, request, kind, header.Version, header.Stream, _handshake.Keyspace);
            _node.Statistics.Log(record);
            if (_node.Faults.Take(record) is { } rule)
            {
                new FaultExecution(connection, new Exchange(this, request, header.Stream), rule).Start();
                return;
            }
        }

        Append(header.Stream, Run(request, header.Stream, AnswerChanges.None));
    }

    public void AppendEvent(CqlEvent message) => Append(ResponseDecoder.EventStream, new CqlAnswer(new EventResponse(message)));

    public void AppendError(short stream, ServerError error) => Append(stream, new CqlAnswer(error.Response));

    public void Append(short stream, in CqlAnswer answer)
    {
        var output = connection.Output;
        if (answer.Rows is { } rows)
        {
            output.AppendRows(_version, stream, answer.Prefix, rows.Header, rows.Cells);
        }
        else if (answer.Response is null)
        {
            output.AppendVoid(_version, stream);
        }
        else
        {
            output.Append(_version, stream, answer.Response with { Prefix = answer.Prefix }, _handshake.Extensions.Protocol);
        }

        _handshake.OnAppended();
    }

    /// <summary>Runs a request; an exception becomes an error.</summary>
    public CqlAnswer Run(CqlRequest request, short stream, AnswerChanges changes)
    {
        try
        {
            var response = request is OptionsRequest ? _node.Dialect.Supported(changes.HostId ?? _node.HostId.Value, connection.Shard) : _handshake.Handle(request, _version);
            if (response is not null)
            {
                return new CqlAnswer(response) { Prefix = changes.Prefix };
            }

            var record = _node.Cluster.CountsExecutions ? RequestRecords.Of(connection, request, KindOf(request), _version, stream, _handshake.Keyspace) : null;
            var answer = new StatementHandler(connection, _handshake).Run(request, changes);
            if (record is { Kind: not RequestKind.Prepare })
            {
                _node.Cluster.OnExecuted(record);
            }

            return answer;
        }
        catch (CqlServerException e)
        {
            return new CqlAnswer(e.Error.Response) { Prefix = changes.Prefix };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect of the embedded cluster: told to the client as servers tell theirs, and to the log.
            Log.RequestFailed(_node.Logger, _node.Endpoint, request.GetType().Name, e);
            return new CqlAnswer(ServerError.Internal($"{e.GetType().Name}: {e.Message}").Response) { Prefix = changes.Prefix };
        }
    }

    private void RefuseVersion(in FrameHeader header)
    {
        if (_handshake.Version is null)
        {
            _version = (int)_node.Dialect.Newest;
        }

        AppendError(header.Stream, ServerError.Protocol(
            $"Invalid or unsupported protocol version ({header.Version}); supported versions are ({_node.Dialect.VersionTexts})"));
    }

    private static RequestKind KindOf(CqlRequest request) => request switch
    {
        OptionsRequest => RequestKind.Options,
        StartupRequest => RequestKind.Startup,
        AuthResponseRequest => RequestKind.AuthResponse,
        RegisterRequest => RequestKind.Register,
        QueryRequest => RequestKind.Query,
        PrepareRequest => RequestKind.Prepare,
        ExecuteRequest => RequestKind.Execute,
        BatchRequest => RequestKind.Batch,
        _ => throw new CqlProtocolException($"{request.GetType().Name} is no request that a server knows."),
    };
}

/// <summary>What a rule changes about an answer.</summary>
internal sealed record AnswerChanges
{
    public static AnswerChanges None { get; } = new();

    public ResponsePrefix Prefix { get; init; } = ResponsePrefix.None;

    public Guid? HostId { get; init; }
}

/// <summary>An answer before it is written: rows, a message, or (neither) VOID.</summary>
internal readonly record struct CqlAnswer(CqlResponse? Response)
{
    public ResponsePrefix Prefix { get; init; } = ResponsePrefix.None;

    public (RowsHeader Header, List<byte[]?[]> Cells)? Rows { get; init; }
}

/// <summary>A request that waits for its answer.</summary>
internal sealed class Exchange(RequestHandler handler, CqlRequest request, short stream)
{
    private CqlAnswer? _held;

    /// <summary>Runs the request and keeps the answer back.</summary>
    public void Run() => _held = handler.Run(request, stream, AnswerChanges.None);

    /// <summary>Appends the answer, running the request if that has not been done.</summary>
    public void Answer(AnswerChanges? changes = null) => handler.Append(stream, _held ?? handler.Run(request, stream, changes ?? AnswerChanges.None));

    public void AnswerError(ServerError error) => handler.AppendError(stream, error);
}
