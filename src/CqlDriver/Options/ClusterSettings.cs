using System.Collections.Immutable;
using CqlDriver.Connections;
using CqlDriver.Execution;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>The options of a cluster, checked and copied: what the rooms below read. Immutable.</summary>
internal sealed record ClusterSettings
{
    public required ImmutableArray<NodeEndpoint> ContactPoints { get; init; }

    public required CqlClusterOptions Options { get; init; }

    public required ConnectionSettings Connections { get; init; }

    public required ITimestampGenerator Timestamps { get; init; }

    /// <summary>How nodes are reached behind private connections; null: they are reached where they say.</summary>
    public RouteSettings? ClientRoutes { get; init; }

    public TimeProvider Time => Connections.Time;

    /// <summary>Checks options and copies them.</summary>
    /// <exception cref="CqlConfigurationException">Some cannot be used; names them all.</exception>
    public static ClusterSettings From(CqlClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = ImmutableArray.CreateBuilder<string>();
        var points = ReadContactPoints(options, problems);
        CheckRanges(options, problems);
        ClientRouteSettings.Check(options, problems);
        if (problems.Count > 0)
        {
            throw new CqlConfigurationException(problems.ToImmutable());
        }

        var copy = options.Copy();
        var connections = ConnectionSettingsOf(copy);
        return new ClusterSettings
        {
            ContactPoints = points,
            Options = copy,
            Connections = connections,
            ClientRoutes = ClientRouteSettings.Of(copy, connections.ClientId!.Value),
            Timestamps = copy.Timestamps ?? new MonotonicTimestampGenerator(copy.TimeProvider),
        };
    }

    private static ConnectionSettings ConnectionSettingsOf(CqlClusterOptions options) => new()
    {
        ForcedVersion = options.ProtocolVersion,
        Compression = options.Compression,
        MaxFrameBytes = options.MaxFrameBytes,
        ConnectTimeout = options.ConnectTimeout,
        HeartbeatInterval = options.HeartbeatInterval,
        HeartbeatTimeout = options.HeartbeatTimeout,
        MaxInFlight = options.MaxInFlightPerConnection,
        MaxQueued = 0,
        Authentication = options.Authentication,
        Tls = ClientRouteSettings.TlsOf(options),
        ApplicationName = options.ApplicationName,
        ApplicationVersion = options.ApplicationVersion,
        ClientId = Guid.NewGuid(),
        Time = options.TimeProvider,
        Logger = options.LoggerFactory.CreateLogger("CqlDriver.Connections"),
    };

    private static ImmutableArray<NodeEndpoint> ReadContactPoints(CqlClusterOptions options, ImmutableArray<string>.Builder problems)
    {
        var given = ClientRouteSettings.ContactPointsOf(options);
        if (given.Count == 0 && options.TopologyMonitor is null)
        {
            problems.Add($"{nameof(CqlClusterOptions.ContactPoints)} is empty: give the address or name of at least one node.");
            return [];
        }

        var points = ImmutableArray.CreateBuilder<NodeEndpoint>();
        foreach (var text in given)
        {
            if (!ContactPoint.TryParse(text, options.Port is >= 1 and <= 65_535 ? options.Port : 9042, out var point))
            {
                problems.Add($"{nameof(CqlClusterOptions.ContactPoints)} holds '{text}', which is no 'host', 'host:port' or '[IPv6]:port'.");
            }
            else if (!points.Contains(point!))
            {
                points.Add(point!);
            }
        }

        return points.ToImmutable();
    }

    private static void CheckRanges(CqlClusterOptions options, ImmutableArray<string>.Builder problems)
    {
        InRange(nameof(options.Port), options.Port, 1, 65_535);
        InRange(nameof(options.PageSize), options.PageSize, 1, int.MaxValue);
        InRange(nameof(options.ConnectionsPerNode), options.ConnectionsPerNode, 1, 128);
        InRange(nameof(options.MaxInFlightPerConnection), options.MaxInFlightPerConnection, 1, 32_768);
        InRange(nameof(options.MaxWaitingRequests), options.MaxWaitingRequests, 0, int.MaxValue);
        InRange(nameof(options.MaxFrameBytes), options.MaxFrameBytes, 64 * 1024, int.MaxValue);
        Positive(nameof(options.ConnectTimeout), options.ConnectTimeout, mayBeInfinite: false);
        Positive(nameof(options.InitialConnectTimeout), options.InitialConnectTimeout, mayBeInfinite: false);
        Positive(nameof(options.RequestTimeout), options.RequestTimeout, mayBeInfinite: true);
        Positive(nameof(options.HeartbeatInterval), options.HeartbeatInterval, mayBeInfinite: false);
        Positive(nameof(options.HeartbeatTimeout), options.HeartbeatTimeout, mayBeInfinite: false);
        if (options.SchemaAgreementTimeout < TimeSpan.Zero)
        {
            problems.Add($"{nameof(options.SchemaAgreementTimeout)} is {options.SchemaAgreementTimeout}; it may not be negative.");
        }

        InRange(nameof(options.SchemaRefreshMaxEvents), options.SchemaRefreshMaxEvents, 1, int.MaxValue);
        if (options.SchemaRefreshWindow < TimeSpan.Zero)
        {
            problems.Add($"{nameof(options.SchemaRefreshWindow)} is {options.SchemaRefreshWindow}; it may not be negative.");
        }

        if (options.SerialConsistency is { } serial and not (ConsistencyLevel.Serial or ConsistencyLevel.LocalSerial))
        {
            problems.Add($"{nameof(options.SerialConsistency)} is {serial}; it may be {ConsistencyLevel.Serial} or {ConsistencyLevel.LocalSerial}.");
        }

        Defined(nameof(options.Consistency), options.Consistency);
        Defined(nameof(options.Compression), options.Compression);
        Defined(nameof(options.Backpressure), options.Backpressure);
        if (options.ProtocolVersion is { } version)
        {
            Defined(nameof(options.ProtocolVersion), version);
        }

        if (options is { ProtocolVersion: CqlDriver.ProtocolVersion.V5, Compression: CqlCompression.Snappy })
        {
            problems.Add($"{nameof(options.Compression)} is {CqlCompression.Snappy}, which protocol v5 does not have; use {CqlCompression.Lz4}, or {CqlDriver.ProtocolVersion.V4}.");
        }

        NotNull(nameof(options.Handover), options.Handover);
        Positive(nameof(options.MetadataRefreshInterval), options.MetadataRefreshInterval ?? TimeSpan.MaxValue, mayBeInfinite: false);
        NotNull(nameof(options.Retry), options.Retry);
        NotNull(nameof(options.Codecs), options.Codecs);
        NotNull(nameof(options.LoggerFactory), options.LoggerFactory);
        NotNull(nameof(options.TimeProvider), options.TimeProvider);

        void InRange(string name, int value, int least, int most)
        {
            if (value < least || value > most)
            {
                problems.Add($"{name} is {value}; it may be {least} to {most}.");
            }
        }

        void Positive(string name, TimeSpan value, bool mayBeInfinite)
        {
            if (value <= TimeSpan.Zero && !(mayBeInfinite && value == Timeout.InfiniteTimeSpan))
            {
                problems.Add($"{name} is {value}; it must be more than zero{(mayBeInfinite ? " or infinite" : "")}.");
            }
        }

        void Defined<T>(string name, T value)
            where T : struct, Enum
        {
            if (!Enum.IsDefined(value))
            {
                problems.Add($"{name} is {value}; it may be {string.Join(", ", Enum.GetNames<T>())}.");
            }
        }

        void NotNull(string name, object? value)
        {
            if (value is null)
            {
                problems.Add($"{name} is null; leave it at its default instead.");
            }
        }
    }
}
