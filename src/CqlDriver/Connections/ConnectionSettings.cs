using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CqlDriver.Connections;

/// <summary>Everything about connections that is decided before the first is dialled. Immutable.</summary>
internal sealed record ConnectionSettings
{
    public static readonly ConnectionSettings Default = new();

    /// <summary>The protocol version to insist on; null: the newest that both sides speak.</summary>
    public ProtocolVersion? ForcedVersion { get; init; }

    public CqlCompression Compression { get; init; }

    /// <summary>The longest frame that is sent or accepted. The server's own default is 256 MiB.</summary>
    public int MaxFrameBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>The limit for everything until a connection is handed out: names, TCP, TLS, handshake, identity, keyspace.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After so long a quiet, a sign of life is asked for. Zero or infinite: never.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Nothing received for so long with something pending, or a write that has not moved: the connection ends. Zero or infinite: never.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Stream ids in use at once, at most <see cref="StreamTable.MaxCapacity"/>.</summary>
    public int MaxInFlight { get; init; } = 8_192;

    /// <summary>Requests that may wait for a stream id, beyond those in flight.</summary>
    public int MaxQueued { get; init; } = 8_192;

    /// <summary>So many requests given up and never answered end the connection.</summary>
    public int MaxOrphans { get; init; } = 1_024;

    public IAuthProvider? Authentication { get; init; }

    public CqlTlsOptions? Tls { get; init; }

    public string DriverName { get; init; } = "CqlDriver";

    public string DriverVersion { get; init; } = typeof(ConnectionSettings).Assembly.GetName().Version?.ToString(3) ?? "0";

    public string? ApplicationName { get; init; }

    public string? ApplicationVersion { get; init; }

    public Guid? ClientId { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public bool NoDelay { get; init; } = true;

    /// <summary>Sizes of the socket's own buffers; null: what the system chooses.</summary>
    public int? SocketSendBufferBytes { get; init; }

    public int? SocketReceiveBufferBytes { get; init; }

    /// <summary>A send buffer of this size is written even when more requests wait.</summary>
    public int FlushThresholdBytes { get; init; } = 32 * 1024;

    /// <summary>How to find the addresses of names.</summary>
    public INameResolver Names { get; init; } = SystemNames.Instance;

    /// <summary>How to reach an endpoint; replaced where there is no network.</summary>
    public ITransportDialer Dialer { get; init; } = SocketDialer.Instance;
}
