using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Testing.Tests.Support;

/// <summary>An answer with its stream and body, for reading rows.</summary>
internal sealed record RawAnswer(FrameHeader Header, CqlResponse Message, byte[] Body)
{
    public RowsHeader RowsHeader => ((RowsResponse)Message).Rows;

    public List<byte[]?[]> Rows
    {
        get
        {
            var header = RowsHeader;
            var reader = new CqlReader(Body.AsSpan(header.ContentOffset), "rows");
            var rows = new List<byte[]?[]>();
            for (var i = 0; i < header.RowCount; i++)
            {
                var row = new byte[]?[header.ColumnCount];
                for (var j = 0; j < row.Length; j++)
                {
                    row[j] = reader.ReadBytes();
                }

                rows.Add(row);
            }

            return rows;
        }
    }

    public ErrorResponse Error => (ErrorResponse)Message;
}

/// <summary>The client half of the protocol on one socket, without any cleverness: for seeing what a server really says.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly GrowableBuffer _out = new();
    private readonly byte[] _chunk = new byte[64 * 1024];
    private readonly List<RawAnswer> _setAside = [];
    private readonly Queue<RawAnswer> _answers = new();
    private byte[] _in = [];
    private SegmentReader? _segments;
    private FrameAssembler? _assembler;
    private FrameCompression _compression;
    private short _stream0;

    private RawClient(Socket socket, Stream stream, ProtocolVersion version)
    {
        _socket = socket;
        _stream = stream;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    public Socket Socket => _socket;

    public ProtocolExtensions Extensions { get; set; }

    public static async Task<RawClient> DialAsync(NodeEndpoint endpoint, ProtocolVersion version = ProtocolVersion.V5, string? trustedThumbprint = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint.Address!, endpoint.Port).WaitAsync(Limit);
        Stream stream = new NetworkStream(socket);
        if (trustedThumbprint is not null)
        {
            var secure = new SslStream(stream, false, (_, certificate, _, _) => certificate?.GetCertHashString() == trustedThumbprint);
            await secure.AuthenticateAsClientAsync("localhost").WaitAsync(Limit);
            stream = secure;
        }

        return new RawClient(socket, stream, version);
    }

    /// <summary>Dials from a local port that a node with so many shards takes as a wish for this shard.</summary>
    public static async Task<RawClient> DialShardAsync(NodeEndpoint endpoint, int shard, int shards)
    {
        for (var port = 40_000 / shards * shards + shard; ; port += shards)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.IPv6Any, port));
                await socket.ConnectAsync(endpoint.Address!, endpoint.Port).WaitAsync(Limit);
                return new RawClient(socket, new NetworkStream(socket), ProtocolVersion.V4);
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable)
            {
                socket.Dispose();
            }
        }
    }

    public static Task<RawClient> ConnectAsync(EmbeddedNode node, ProtocolVersion version = ProtocolVersion.V5, string? compression = null) =>
        ConnectAsync(node.Endpoint, version, compression);

    public static async Task<RawClient> ConnectAsync(NodeEndpoint endpoint, ProtocolVersion version = ProtocolVersion.V5, string? compression = null)
    {
        var client = await DialAsync(endpoint, version);
        (await client.StartupAsync(compression)).Message.Should().BeOfType<ReadyResponse>();
        return client;
    }

    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    public async Task<RawAnswer> StartupAsync(string? compression = null, params (string Key, string Value)[] more)
    {
        var options = new Dictionary<string, string> { ["CQL_VERSION"] = "3.0.0" };
        foreach (var (key, value) in more)
        {
            options[key] = value;
        }

        if (compression is not null)
        {
            options["COMPRESSION"] = compression;
        }

        var answer = await AskAsync((buffer, head) => RequestEncoder.Startup(buffer, head, options));
        if (answer.Message is ReadyResponse or AuthenticateResponse)
        {
            Switch(compression);
        }

        return answer;
    }

    /// <summary>What follows is compressed, and on v5 in segments.</summary>
    public void Switch(string? compression)
    {
        _compression = compression switch { "lz4" => FrameCompression.Lz4, "snappy" => FrameCompression.Snappy, _ => FrameCompression.None };
        if (Version == ProtocolVersion.V5)
        {
            _segments = new SegmentReader(_compression == FrameCompression.Lz4);
            _assembler = new FrameAssembler(true, FrameReader.DefaultMaxBodyBytes);
        }
    }

    public delegate int Encode(GrowableBuffer buffer, RequestHead head);

    public Task<RawAnswer> OptionsAsync() => AskAsync((buffer, head) => RequestEncoder.Options(buffer, head));

    public Task<RawAnswer> AuthenticateAsync(string user, string password) =>
        AskAsync((buffer, head) => RequestEncoder.AuthResponse(buffer, head, System.Text.Encoding.UTF8.GetBytes($"\0{user}\0{password}")));

    public Task<RawAnswer> RegisterAsync(params string[] types) => AskAsync((buffer, head) => RequestEncoder.Register(buffer, head, types));

    public Task<RawAnswer> QueryAsync(string cql, params byte[]?[] values) => QueryAsync(cql, p => p, values);

    public delegate QueryParameters Change(QueryParameters parameters);

    public Task<RawAnswer> QueryAsync(string cql, Change change, params byte[]?[] values) => AskAsync(QueryEncoder(cql, change, values));

    public static Encode QueryEncoder(string cql, Change change, params byte[]?[] values)
    {
        var encoded = Values(values);
        return (buffer, head) => RequestEncoder.Query(buffer, head, cql, change(new QueryParameters(ConsistencyLevel.One) { Values = encoded, ValueCount = values.Length }));
    }

    public async Task<PreparedResult> PrepareAsync(string cql) =>
        ((PreparedResponse)(await AskAsync((buffer, head) => RequestEncoder.Prepare(buffer, head, cql))).Message).Prepared;

    public async Task<Guid> HostIdAsync() => new((await QueryAsync("SELECT host_id FROM system.local")).Rows[0][0]!, bigEndian: true);

    /// <summary>Host ids and addresses of the peers.</summary>
    public async Task<Dictionary<Guid, string>> PeersAsync() => (await QueryAsync("SELECT host_id, rpc_address FROM system.peers")).Rows
        .ToDictionary(row => new Guid(row[0]!, bigEndian: true), row => new System.Net.IPAddress(row[1]!).ToString());

    public async Task<IReadOnlyDictionary<string, System.Collections.Immutable.ImmutableArray<string>>> SupportedAsync() => ((SupportedResponse)(await OptionsAsync()).Message).Options;

    public Task<RawAnswer> PrepareRawAsync(string cql) => AskAsync((buffer, head) => RequestEncoder.Prepare(buffer, head, cql));

    public Task<RawAnswer> ExecuteAsync(PreparedResult prepared, params byte[]?[] values) => ExecuteAsync(prepared, p => p, values);

    public Task<RawAnswer> ExecuteAsync(PreparedResult prepared, Change change, params byte[]?[] values)
    {
        var encoded = Values(values);
        return AskAsync((buffer, head) => RequestEncoder.Execute(
            buffer, head, prepared.Id, prepared.ResultMetadataId, change(new QueryParameters(ConsistencyLevel.One) { Values = encoded, ValueCount = values.Length })));
    }

    /// <summary>Sends a request and waits for its answer; events on the way are set aside.</summary>
    public async Task<RawAnswer> AskAsync(Encode encode)
    {
        var stream = await SendAsync(encode);
        return await ReceiveAsync(answer => answer.Header.Stream == stream);
    }

    public async Task<short> SendAsync(Encode encode, bool traced = false)
    {
        var id = ++_stream0;
        _out.Clear();
        var head = new RequestHead(Version, id, Extensions) { IsTraced = traced };
        if (_segments is not null)
        {
            var writer = new SegmentWriter(_compression == FrameCompression.Lz4);
            var start = writer.Open(_out);
            encode(_out, head);
            writer.Close(_out, start);
        }
        else
        {
            var start = encode(_out, head);
            BodyCompression.CompressLastFrame(_out, start, _compression);
        }

        await SendRawAsync(_out.WrittenMemory);
        return id;
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);
        await _stream.FlushAsync().WaitAsync(Limit);
    }

    public Task<RawAnswer> ReceiveEventAsync() => ReceiveAsync(answer => answer.Header.Stream == ResponseDecoder.EventStream);

    public async Task<T> ReceiveEventAsync<T>()
        where T : CqlEvent => (T)((EventResponse)(await ReceiveAsync(answer => answer.Message is EventResponse { Event: T })).Message).Event;

    /// <summary>The next answer that is wanted; others are kept for later.</summary>
    public async Task<RawAnswer> ReceiveAsync(Predicate<RawAnswer> isWanted)
    {
        var at = _setAside.FindIndex(isWanted);
        if (at >= 0)
        {
            var found = _setAside[at];
            _setAside.RemoveAt(at);
            return found;
        }

        while (true)
        {
            var answer = await ReceiveNextAsync() ?? throw new EndOfStreamException("The server closed the connection.");
            if (isWanted(answer))
            {
                return answer;
            }

            _setAside.Add(answer);
        }
    }

    /// <summary>The next message, or null when the server has closed in order.</summary>
    public async Task<RawAnswer?> ReceiveNextAsync()
    {
        while (true)
        {
            if (_answers.TryDequeue(out var answer))
            {
                return answer;
            }

            if (TryTake())
            {
                continue;
            }

            var read = await _stream.ReadAsync(_chunk).AsTask().WaitAsync(Limit);
            if (read == 0)
            {
                return null;
            }

            _in = [.. _in, .. _chunk.AsSpan(0, read)];
        }
    }

    public async Task<int> ReadRawAsync(Memory<byte> destination) => await _stream.ReadAsync(destination).AsTask().WaitAsync(Limit);

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
        _segments?.Dispose();
        _assembler?.Dispose();
        _out.Dispose();
    }

    public static byte[] Values(byte[]?[] values)
    {
        using var buffer = new GrowableBuffer();
        foreach (var value in values)
        {
            buffer.WriteInt32(value is null ? -1 : ReferenceEquals(value, Unset) ? -2 : value.Length);
            buffer.Write(ReferenceEquals(value, Unset) ? null : value);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Unset { get; } = [0];

    private bool TryTake()
    {
        if (_segments is null)
        {
            return TryTakeFrame();
        }

        if (!_segments.TryRead(_in.AsSpan(), out var segment))
        {
            return false;
        }

        if (!segment.IsSelfContained)
        {
            if (_assembler!.Append(segment.Payload, out var whole))
            {
                var frame = _assembler.TakeFrame(out var length);
                Deliver(whole, frame.AsSpan(FrameHeader.Size, length - FrameHeader.Size));
                ArrayPool<byte>.Shared.Return(frame);
            }
        }
        else
        {
            var rest = segment.Payload;
            while (!rest.IsEmpty)
            {
                FrameReader.TryReadHeader(rest, true, FrameReader.DefaultMaxBodyBytes, out var header).Should().BeTrue();
                Deliver(header, rest.Slice(FrameHeader.Size, header.BodyLength));
                rest = rest[(FrameHeader.Size + header.BodyLength)..];
            }
        }

        _in = _in[segment.Consumed..];
        return true;
    }

    private bool TryTakeFrame()
    {
        if (!FrameReader.TryReadHeader(_in.AsSpan(), true, FrameReader.DefaultMaxBodyBytes, out var header) || _in.Length < FrameHeader.Size + header.BodyLength)
        {
            return false;
        }

        var body = _in.AsSpan(FrameHeader.Size, header.BodyLength);
        if (BodyCompression.IsCompressed(header))
        {
            var plain = new byte[BodyCompression.DecompressedLength(_compression, body, FrameReader.DefaultMaxBodyBytes)];
            BodyCompression.Decompress(_compression, body, plain);
            Deliver(header, plain);
        }
        else
        {
            Deliver(header, body);
        }

        _in = _in[(FrameHeader.Size + header.BodyLength)..];
        return true;
    }

    private void Deliver(in FrameHeader header, ReadOnlySpan<byte> body) =>
        _answers.Enqueue(new RawAnswer(header, ResponseDecoder.Decode(header, body, Extensions), body.ToArray()));
}
