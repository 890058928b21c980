using System.Collections.Immutable;
using System.Threading.Channels;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Connections;

/// <summary>The server's end of a connection, moved by the test message by message, or byte by byte.</summary>
internal sealed class ScriptedPeer(Stream transport) : IDisposable
{
    public static readonly HostId SomeHost = new(Guid.Parse("11111111-2222-3333-4444-555555555555"));

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Queue<(FrameHeader Header, CqlRequest Request)> _received = new();
    private byte[] _unread = [];

    public Stream Transport { get; } = transport;

    public bool IsSegmented { get; set; }

    public FrameCompression Compression { get; set; }

    public IReadOnlyDictionary<string, string>? StartupOptions { get; private set; }

    public ProtocolVersion StartupVersion { get; private set; }

    public static Dictionary<string, ImmutableArray<string>> CassandraSupports(params string[] versions) => new()
    {
        ["CQL_VERSION"] = ["3.4.7"],
        ["COMPRESSION"] = ["snappy", "lz4"],
        ["PROTOCOL_VERSIONS"] = [.. versions],
    };

    public static Dictionary<string, ImmutableArray<string>> ScyllaSupports(HostId host, int shard = 0, int shards = 2) => new()
    {
        ["CQL_VERSION"] = ["3.3.1"],
        ["COMPRESSION"] = ["lz4", "snappy"],
        ["SCYLLA_HOST_ID"] = [host.ToString()],
        ["SCYLLA_SHARD"] = [$"{shard}"],
        ["SCYLLA_NR_SHARDS"] = [$"{shards}"],
        ["SCYLLA_SHARDING_IGNORE_MSB"] = ["12"],
        ["SCYLLA_SHARDING_ALGORITHM"] = ["biased-token-round-robin"],
        ["SCYLLA_SHARD_AWARE_PORT"] = ["19042"],
        ["SCYLLA_LWT_ADD_METADATA_MARK"] = ["LWT_OPTIMIZATION_META_BIT_MASK=2147483648"],
        ["SCYLLA_RATE_LIMIT_ERROR"] = ["ERROR_CODE=61440"],
        ["SCYLLA_USE_METADATA_ID"] = [""],
        ["TABLETS_ROUTING_V1"] = [""],
    };

    /// <summary>The whole handshake of a node that wants no credentials.</summary>
    public async Task AcceptAsync(Dictionary<string, ImmutableArray<string>> supports, HostId? identity = null)
    {
        await AnswerOptionsAsync(supports);
        await AnswerStartupAsync(new ReadyResponse());
        if (!supports.ContainsKey("SCYLLA_HOST_ID"))
        {
            await AnswerIdentityAsync(identity ?? SomeHost);
        }
    }

    public async Task AnswerOptionsAsync(Dictionary<string, ImmutableArray<string>> supports)
    {
        var (header, request) = await ReceiveAsync();
        request.Should().BeOfType<OptionsRequest>();
        await SendAsync(new SupportedResponse(supports), header);
    }

    /// <summary>Answers STARTUP in a plain frame, and from then on speaks as its version does.</summary>
    public async Task<FrameHeader> AnswerStartupAsync(CqlResponse response)
    {
        var (header, request) = await ReceiveAsync();
        StartupOptions = request.Should().BeOfType<StartupRequest>().Which.Options;
        StartupVersion = (ProtocolVersion)header.Version;
        await SendAsync(response, header);
        IsSegmented = header.Version >= 5;
        Compression = StartupOptions.TryGetValue("COMPRESSION", out var name) ? Enum.Parse<FrameCompression>(name, ignoreCase: true) : FrameCompression.None;
        return header;
    }

    public async Task AnswerIdentityAsync(HostId identity)
    {
        var (header, request) = await ReceiveAsync();
        request.Should().BeOfType<QueryRequest>().Which.Cql.Should().Contain("system.local");
        await SendHostIdAsync(header, identity);
    }

    public async Task SendHostIdAsync(FrameHeader header, HostId identity)
    {
        using var cells = new GrowableBuffer();
        cells.WriteBytes(identity.Value.ToByteArray(bigEndian: true));
        var rows = new RowsHeader
        {
            ColumnCount = 1,
            RowCount = 1,
            Metadata = new ResultMetadata([new ColumnSpec("system", "local", "host_id", CqlType.Uuid)]),
        };
        using var buffer = new GrowableBuffer();
        ResponseEncoder.Rows(buffer, header.Version, header.Stream, ResponsePrefix.None, rows, cells.WrittenSpan);
        await SendFramesAsync(buffer);
    }

    public async Task<(FrameHeader Header, CqlRequest Request)> ReceiveAsync()
    {
        while (_received.Count == 0)
        {
            var more = new byte[16 * 1024];
            var count = await Transport.ReadAsync(more).AsTask().WaitAsync(Limit);
            if (count == 0)
            {
                throw new EndOfStreamException("The client has closed.");
            }

            Take([.. _unread, .. more.AsSpan(0, count)]);
        }

        return _received.Dequeue();
    }

    /// <summary>Ends when the client has closed; what it still sent is thrown away.</summary>
    public async Task WhenClientClosedAsync()
    {
        try
        {
            while (true)
            {
                await ReceiveAsync();
            }
        }
        catch (Exception closed) when (closed is EndOfStreamException or IOException)
        {
            // That is what was waited for.
        }
    }

    public Task SendAsync(CqlResponse response, FrameHeader inAnswerTo) => SendAsync(response, inAnswerTo.Stream, inAnswerTo.Version);

    public async Task SendAsync(CqlResponse response, short stream, int version)
    {
        using var buffer = new GrowableBuffer();
        ResponseEncoder.Encode(buffer, version, stream, response);
        await SendFramesAsync(buffer);
    }

    /// <summary>Answers with an opcode and a body of the test's choosing.</summary>
    public async Task SendAsync(Opcode opcode, byte[] body, short stream, int version)
    {
        using var buffer = new GrowableBuffer();
        new FrameHeader((byte)version, true, FrameFlags.None, stream, opcode, body.Length).Write(buffer.Append(FrameHeader.Size));
        buffer.Write(body);
        await SendFramesAsync(buffer);
    }

    public ValueTask SendRawAsync(ReadOnlyMemory<byte> bytes) => Transport.WriteAsync(bytes);

    /// <summary>What a message looks like on the wire of this connection.</summary>
    public byte[] OnTheWire(GrowableBuffer frame)
    {
        using var buffer = new GrowableBuffer();
        if (IsSegmented)
        {
            var segments = new SegmentWriter(Compression == FrameCompression.Lz4);
            var start = segments.Open(buffer);
            buffer.Write(frame.WrittenSpan);
            segments.Close(buffer, start);
        }
        else
        {
            buffer.Write(frame.WrittenSpan);
            BodyCompression.CompressLastFrame(buffer, 0, Compression);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => Transport.Dispose();

    private async Task SendFramesAsync(GrowableBuffer frame) => await Transport.WriteAsync(OnTheWire(frame));

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (!IsSegmented)
        {
            _unread = bytes[TakeFrames(bytes)..].ToArray();
            return;
        }

        using var reader = new SegmentReader(Compression == FrameCompression.Lz4);
        while (reader.TryRead(bytes, out var segment))
        {
            segment.IsSelfContained.Should().BeTrue("the tests' requests are small");
            TakeFrames(segment.Payload).Should().Be(segment.Payload.Length);
            bytes = bytes[segment.Consumed..];
        }

        _unread = bytes.ToArray();
    }

    private int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (FrameReader.TryReadHeader(bytes[used..], expectResponse: false, 1 << 28, out var header) && bytes.Length - used - FrameHeader.Size >= header.BodyLength)
        {
            var body = bytes.Slice(used + FrameHeader.Size, header.BodyLength);
            if ((header.Flags & FrameFlags.Compressed) != 0)
            {
                var plain = new byte[BodyCompression.DecompressedLength(Compression, body, 1 << 28)];
                BodyCompression.Decompress(Compression, body, plain);
                body = plain;
            }

            _received.Enqueue((header, RequestDecoder.Decode(header with { Flags = header.Flags & ~FrameFlags.Compressed }, body)));
            used += FrameHeader.Size + header.BodyLength;
        }

        return used;
    }
}

/// <summary>A network of one process: each dial makes a pair of transports, and the test takes the server's end.</summary>
internal sealed class MemoryDialer : ITransportDialer
{
    private readonly Channel<ScriptedPeer> _dialled = Channel.CreateUnbounded<ScriptedPeer>();

    public int CapacityBytes { get; init; } = 64 * 1024;

    public List<MemoryTransport> Clients { get; } = [];

    public Task<Stream> DialAsync(ConnectionSettings settings, NodeEndpoint endpoint, ShardWish? shard, CancellationToken cancellationToken)
    {
        var (client, server) = MemoryTransport.Create(CapacityBytes);
        Clients.Add(client);
        _dialled.Writer.TryWrite(new ScriptedPeer(server));
        return Task.FromResult<Stream>(client);
    }

    public async Task<ScriptedPeer> NextPeerAsync() => await _dialled.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
}

/// <summary>Notes what a connection tells.</summary>
internal sealed class RecordingObserver : IConnectionObserver
{
    private readonly Channel<CqlEvent> _events = Channel.CreateUnbounded<CqlEvent>();
    private readonly TaskCompletionSource<Exception> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<string> Calls { get; } = [];

    public Task<Exception> Closed => _closed.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public async Task<CqlEvent> NextEventAsync() => await _events.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public void OnOpened(CqlConnection connection) => Note("opened");

    public void OnWorn(CqlConnection connection) => Note("worn");

    public void OnEvent(CqlConnection connection, CqlEvent serverEvent)
    {
        Note("event");
        _events.Writer.TryWrite(serverEvent);
    }

    public void OnClosed(CqlConnection connection, Exception reason)
    {
        Note("closed");
        _closed.TrySetResult(reason);
    }

    private void Note(string call)
    {
        lock (Calls)
        {
            Calls.Add(call);
        }
    }
}
