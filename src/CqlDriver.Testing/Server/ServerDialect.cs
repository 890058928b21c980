using System.Collections.Immutable;
using System.Globalization;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>What STARTUP made of a connection beyond version and compression.</summary>
internal readonly record struct NegotiatedExtensions(ProtocolExtensions Protocol, uint LwtMask, int TabletsVersion);

/// <summary>What a node offers in SUPPORTED, and what it makes of what a client takes up: here servers differ.</summary>
internal sealed class ServerDialect(EmbeddedClusterOptions options, int? shardAwarePort)
{
    public const string HostIdKey = "SCYLLA_HOST_ID";
    private const string MetadataIdKey = "SCYLLA_USE_METADATA_ID";
    private const string RateLimitKey = "SCYLLA_RATE_LIMIT_ERROR";
    private const string LwtMarkKey = "SCYLLA_LWT_ADD_METADATA_MARK";
    private const string TabletsKey = "TABLETS_ROUTING_V1";
    private const string TabletsV2Key = "TABLETS_ROUTING_V2_EXPERIMENTAL_V2";
    private const string LwtMaskPrefix = "LWT_OPTIMIZATION_META_BIT_MASK=";
    private readonly ImmutableSortedDictionary<string, IReadOnlyList<string>> _more = More(options);
    private readonly ImmutableArray<ProtocolVersion> _versions = options.Scylla is null ? [.. options.ProtocolVersions.Distinct().Order()] : [ProtocolVersion.V4];
    private readonly bool _namesHostId = options.Scylla?.NamesHostId ?? options.NamesHostIdInSupported;

    // The server speaks TLS on all its ports, or on none.
    private readonly string _shardAwarePortKey = options.ServerCertificate is null ? "SCYLLA_SHARD_AWARE_PORT" : "SCYLLA_SHARD_AWARE_PORT_SSL";

    public string CqlVersion { get; } = options.Scylla is null ? options.CqlVersion : "3.3.1";

    /// <summary>ScyllaDB says in its tables that it is a Cassandra of old.</summary>
    public string ReleaseVersion { get; } = options.Scylla is null ? options.CassandraVersion : "3.0.8";

    public ProtocolVersion Newest => _versions[^1];

    /// <summary>As servers spell them in messages: <c>4/v4, 5/v5</c>.</summary>
    public string VersionTexts => string.Join(", ", _versions.Select(version => $"{(int)version}/v{(int)version}"));

    public bool Speaks(int version) => _versions.Contains((ProtocolVersion)version);

    public SupportedResponse Supported(Guid hostId, ShardAssignment? shard)
    {
        var supported = new SortedDictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
        {
            ["PROTOCOL_VERSIONS"] = [.. _versions.Select(version => $"{(int)version}/v{(int)version}")],
            ["COMPRESSION"] = ["snappy", "lz4"],
            ["CQL_VERSION"] = [CqlVersion],
        };
        if (shard is not null)
        {
            AddSharding(supported, shard);
        }

        foreach (var (key, values) in _more)
        {
            supported[key] = [.. values];
        }

        if (_namesHostId)
        {
            supported[HostIdKey] = [hostId.ToString()];
        }

        return new SupportedResponse(supported);
    }

    /// <summary>Extensions count when they were offered and the client asks for them.</summary>
    public NegotiatedExtensions Negotiate(IReadOnlyDictionary<string, string> startup)
    {
        var rateLimit = IsTaken(startup, RateLimitKey) && _more[RateLimitKey] is [var text, ..] && text.StartsWith("ERROR_CODE=", StringComparison.Ordinal)
            ? (int?)int.Parse(text.AsSpan("ERROR_CODE=".Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : null;
        var mask = IsTaken(startup, LwtMarkKey) && _more[LwtMarkKey] is [var mark, ..] && mark.StartsWith(LwtMaskPrefix, StringComparison.Ordinal)
            ? uint.Parse(mark.AsSpan(LwtMaskPrefix.Length), CultureInfo.InvariantCulture)
            : 0;
        var tablets = IsTaken(startup, TabletsV2Key) ? 2 : IsTaken(startup, TabletsKey) ? 1 : 0;
        return new NegotiatedExtensions(new ProtocolExtensions(IsTaken(startup, MetadataIdKey), tablets == 2, rateLimit), mask, tablets);
    }

    private void AddSharding(SortedDictionary<string, ImmutableArray<string>> supported, ShardAssignment shard)
    {
        supported["SCYLLA_SHARD"] = [Text(shard.Shard)];
        supported["SCYLLA_NR_SHARDS"] = [Text(shard.Layout.Count)];
        supported["SCYLLA_PARTITIONER"] = ["org.apache.cassandra.dht.Murmur3Partitioner"];
        supported["SCYLLA_SHARDING_ALGORITHM"] = ["biased-token-round-robin"];
        supported["SCYLLA_SHARDING_IGNORE_MSB"] = [Text(shard.Layout.IgnoreMsb)];
        if (shardAwarePort is { } port)
        {
            supported[_shardAwarePortKey] = [Text(port)];
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What ScyllaDB offers beyond sharding, and what the options add or change.</summary>
    private static ImmutableSortedDictionary<string, IReadOnlyList<string>> More(EmbeddedClusterOptions options)
    {
        var more = ImmutableSortedDictionary.CreateBuilder<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (options.Scylla is not null)
        {
            more[LwtMarkKey] = [LwtMaskPrefix + "2147483648"];
            more[RateLimitKey] = ["ERROR_CODE=61440"];
            more[MetadataIdKey] = [string.Empty];
        }

        if (options.Scylla is { TabletsPerTable: > 0 } scylla)
        {
            more[TabletsKey] = [string.Empty];
            if (scylla.OffersTabletsV2)
            {
                more[TabletsV2Key] = [string.Empty];
            }
        }

        foreach (var (key, values) in options.SupportedOptions)
        {
            more[key] = values;
        }

        return more.ToImmutable();
    }

    private bool IsTaken(IReadOnlyDictionary<string, string> startup, string key) => startup.ContainsKey(key) && _more.ContainsKey(key);
}
