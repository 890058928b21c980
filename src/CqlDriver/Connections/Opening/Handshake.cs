using CqlDriver.Diagnostics;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Connections;

/// <summary>
/// The plain-frame part of opening a connection: dial, OPTIONS, is this the node that was meant, which version, STARTUP. What
/// follows (authentication, identity on Cassandra, USE) is asked over the connection's own loops.
/// </summary>
/// <remarks>
/// OPTIONS goes out in v4, which every node that we can speak to understands, and its answer lists the versions: so a v4-only
/// node costs no second dial, and the version of the connection is the version of STARTUP. A node that lists nothing is tried
/// with v5 unless it is ScyllaDB. A refusal may come in a frame of another version and leave the connection useless, so the
/// next version is dialled anew, once. The host id, where SUPPORTED has it, is compared before anything else is said.
/// </remarks>
internal sealed class Handshake(ConnectionSettings settings, NodeEndpoint endpoint, ConnectionPurpose purpose)
{
    private const int MaxDials = 2;

    // SUPPORTED and its like are a few hundred bytes.
    private const int MaxAnswerBytes = 1024 * 1024;

    /// <summary>What is going on, for the message of a timeout.</summary>
    public string Phase { get; private set; } = "connecting";

    public async Task<HandshakeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var ceiling = settings.ForcedVersion ?? ProtocolVersions.Newest;
        var asking = settings.ForcedVersion ?? ProtocolVersions.Oldest;
        for (var dial = 1; ; dial++)
        {
            Phase = settings.Tls is null ? "connecting" : "connecting with TLS";
            var transport = await settings.Dialer.DialAsync(settings, endpoint, purpose.Shard, cancellationToken).ConfigureAwait(false);
            var isKept = false;
            try
            {
                var outcome = await NegotiateAsync(transport, asking, ceiling, cancellationToken).ConfigureAwait(false);
                if (outcome.Refusal is not { } refusal)
                {
                    isKept = true;
                    return outcome;
                }

                var next = settings.ForcedVersion is null && dial < MaxDials ? Next(refusal) : null;
                if (next is not { } version)
                {
                    throw Refused(refusal);
                }

                Log.VersionRefused(settings.Logger, endpoint, refusal.Tried, version);
                (asking, ceiling) = (version, version);
            }
            finally
            {
                if (!isKept)
                {
                    await transport.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private static ProtocolVersion? Next(VersionRefusal refusal) =>
        refusal.AnsweredIn > (int)refusal.Tried && ProtocolVersions.IsSupported(refusal.AnsweredIn) && !refusal.WasStartup
            ? (ProtocolVersion)refusal.AnsweredIn
            : ProtocolVersions.NextAfterRefusal(refusal.Tried, refusal.AnsweredIn);

    private async Task<HandshakeOutcome> NegotiateAsync(Stream transport, ProtocolVersion asking, ProtocolVersion ceiling, CancellationToken cancellationToken)
    {
        Phase = "waiting for the answer to OPTIONS";
        var (header, response) = await AskAsync(
            transport, static (buffer, head, _) => RequestEncoder.Options(buffer, head), asking, null, cancellationToken).ConfigureAwait(false);
        if (response is ErrorResponse refused)
        {
            return HandshakeOutcome.Refused(new VersionRefusal(asking, header.Version, refused, WasStartup: false));
        }

        if (response is not SupportedResponse supported)
        {
            throw Unexpected("OPTIONS", response);
        }

        var options = new SupportedOptions(supported.Options);
        if (options.HostId is { } actual && purpose.ExpectedHostId is { } expected && actual != expected)
        {
            throw new WrongNodeException(endpoint, expected, actual);
        }

        return await StartUpAsync(transport, options, ChooseVersion(options, ceiling), cancellationToken).ConfigureAwait(false);
    }

    private ProtocolVersion ChooseVersion(SupportedOptions options, ProtocolVersion ceiling)
    {
        if (settings.ForcedVersion is { } forced)
        {
            return forced;
        }

        if (!options.TryListedVersion(out var listed))
        {
            return options.IsScylla ? ProtocolVersion.V4 : ceiling;
        }

        var newest = listed ?? throw new CqlConnectionException(
            $"{endpoint} lists no version of the native protocol that this driver speaks (v4, v5).", endpoint, options.HostId);
        return newest < ceiling ? newest : ceiling;
    }

    private async Task<HandshakeOutcome> StartUpAsync(Stream transport, SupportedOptions options, ProtocolVersion version, CancellationToken cancellationToken)
    {
        var facts = options.Facts(version, out var shardingProblem);
        if (shardingProblem is not null)
        {
            Log.ShardingIgnored(settings.Logger, endpoint, shardingProblem);
        }

        var compression = ChooseCompression(options, version);
        Phase = "waiting for the answer to STARTUP";
        var startup = options.Startup(settings, facts, compression);
        var (header, response) = await AskAsync(
            transport, static (buffer, head, said) => RequestEncoder.Startup(buffer, head, said!), version, startup, cancellationToken).ConfigureAwait(false);
        return response switch
        {
            ReadyResponse => HandshakeOutcome.Ready(transport, facts, compression, null),
            AuthenticateResponse asked => HandshakeOutcome.Ready(transport, facts, compression, asked.Authenticator),
            ErrorResponse { Code: CqlErrorCode.ProtocolError } error => HandshakeOutcome.Refused(new VersionRefusal(version, header.Version, error, WasStartup: true)),
            _ => throw Unexpected("STARTUP", response),
        };
    }

    private CqlCompression ChooseCompression(SupportedOptions options, ProtocolVersion version)
    {
        var wanted = settings.Compression;
        var isPossible = wanted != CqlCompression.None && options.Offers(wanted) && !(wanted == CqlCompression.Snappy && version >= ProtocolVersion.V5);
        if (wanted != CqlCompression.None && !isPossible)
        {
            Log.CompressionNotOffered(settings.Logger, endpoint, wanted, version);
        }

        return isPossible ? wanted : CqlCompression.None;
    }

    private async Task<(FrameHeader Header, CqlResponse Response)> AskAsync(
        Stream transport, Action<GrowableBuffer, RequestHead, Dictionary<string, string>?> encode, ProtocolVersion version, Dictionary<string, string>? options, CancellationToken cancellationToken)
    {
        using var buffer = new GrowableBuffer();
        encode(buffer, new RequestHead(version, 0), options);
        try
        {
            await transport.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            var bytes = new byte[FrameHeader.Size];
            await transport.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
            FrameReader.TryReadHeader(bytes, expectResponse: true, Math.Min(MaxAnswerBytes, settings.MaxFrameBytes), out var header);
            var body = await ReadBodyAsync(transport, header.BodyLength, cancellationToken).ConfigureAwait(false);
            return (header, ResponseDecoder.Decode(header, body.Span));
        }
        catch (EndOfStreamException ended)
        {
            throw new CqlConnectionException(
                $"{endpoint} closed the connection while {Phase}. Check that this is its CQL port, and that TLS is on or off on both sides.", endpoint, purpose.ExpectedHostId, ended);
        }
        catch (Exception failure) when (failure is IOException or CqlProtocolException)
        {
            throw new CqlConnectionException($"The connection to {endpoint} failed while {Phase}: {failure.Message}", endpoint, purpose.ExpectedHostId, failure);
        }
    }

    // Grows with what comes: the length is only where it ends.
    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(Stream transport, int length, CancellationToken cancellationToken)
    {
        var body = new byte[Math.Min(length, 4096)];
        for (var read = 0; read < length;)
        {
            if (read == body.Length)
            {
                Array.Resize(ref body, Math.Min(length, body.Length * 2));
            }

            await transport.ReadExactlyAsync(body.AsMemory(read), cancellationToken).ConfigureAwait(false);
            read = body.Length;
        }

        return body.AsMemory(0, length);
    }

    private CqlConnectionException Unexpected(string asked, CqlResponse response) => response is ErrorResponse error
        ? new CqlConnectionException($"{endpoint} refused {asked}: {error.Message} (0x{(int)error.Code:X4}).", endpoint, purpose.ExpectedHostId)
        : new CqlConnectionException($"{endpoint} answered {asked} with {response.GetType().Name}.", endpoint, purpose.ExpectedHostId);

    private CqlConnectionException Refused(VersionRefusal refusal) => new(
        $"{endpoint} refused native protocol v{(int)refusal.Tried}{(settings.ForcedVersion is null ? "" : ", which is the one that was configured")}: "
        + $"{refusal.Error.Message} (0x{(int)refusal.Error.Code:X4}, in a v{refusal.AnsweredIn} frame).",
        endpoint, purpose.ExpectedHostId);
}

/// <summary>A node would not speak a version.</summary>
internal sealed record VersionRefusal(ProtocolVersion Tried, int AnsweredIn, ErrorResponse Error, bool WasStartup);

/// <summary>A stream after STARTUP, or a refusal.</summary>
internal sealed record HandshakeOutcome(Stream? Transport, ConnectionFacts? Facts, CqlCompression Compression, string? Authenticator, VersionRefusal? Refusal)
{
    public static HandshakeOutcome Ready(Stream transport, ConnectionFacts facts, CqlCompression compression, string? authenticator) =>
        new(transport, facts, compression, authenticator, null);

    public static HandshakeOutcome Refused(VersionRefusal refusal) => new(null, null, CqlCompression.None, null, refusal);
}
