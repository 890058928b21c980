using System.Collections.Immutable;
using System.Globalization;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>What STARTUP made of a connection beyond version and compression.</summary>
internal readonly record struct NegotiatedExtensions(ProtocolExtensions Protocol, uint LwtMask);

/// <summary>What a node offers in SUPPORTED, and what it makes of what a client takes up: here servers differ.</summary>
internal sealed class ServerDialect(EmbeddedClusterOptions options)
{
    public const string HostIdKey = "SCYLLA_HOST_ID";
    private const string MetadataIdKey = "SCYLLA_USE_METADATA_ID";
    private const string RateLimitKey = "SCYLLA_RATE_LIMIT_ERROR";
    private const string LwtMarkKey = "SCYLLA_LWT_ADD_METADATA_MARK";
    private const string LwtMaskPrefix = "LWT_OPTIMIZATION_META_BIT_MASK=";
    private readonly ImmutableSortedDictionary<string, IReadOnlyList<string>> _more = options.SupportedOptions.ToImmutableSortedDictionary(StringComparer.Ordinal);
    private readonly ImmutableArray<ProtocolVersion> _versions = [.. options.ProtocolVersions.Distinct().Order()];
    private readonly bool _namesHostId = options.NamesHostIdInSupported;
    private readonly string _cqlVersion = options.CqlVersion;

    public ProtocolVersion Newest => _versions[^1];

    /// <summary>As servers spell them in messages: <c>4/v4, 5/v5</c>.</summary>
    public string VersionTexts => string.Join(", ", _versions.Select(version => $"{(int)version}/v{(int)version}"));

    public bool Speaks(int version) => _versions.Contains((ProtocolVersion)version);

    public SupportedResponse Supported(Guid hostId)
    {
        var supported = new SortedDictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
        {
            ["PROTOCOL_VERSIONS"] = [.. _versions.Select(version => $"{(int)version}/v{(int)version}")],
            ["COMPRESSION"] = ["snappy", "lz4"],
            ["CQL_VERSION"] = [_cqlVersion],
        };
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
        return new NegotiatedExtensions(new ProtocolExtensions(HasResultMetadataIds: IsTaken(startup, MetadataIdKey), RateLimitErrorCode: rateLimit), mask);
    }

    private bool IsTaken(IReadOnlyDictionary<string, string> startup, string key) => startup.ContainsKey(key) && _more.ContainsKey(key);
}
