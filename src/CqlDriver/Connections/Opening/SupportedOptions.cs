using System.Collections.Immutable;
using System.Globalization;

namespace CqlDriver.Connections;

/// <summary>What a node says of itself in SUPPORTED, read. Pure.</summary>
internal sealed class SupportedOptions(IReadOnlyDictionary<string, ImmutableArray<string>> options)
{
    private const string ScyllaPrefix = "SCYLLA_";
    private const string LwtMark = "SCYLLA_LWT_ADD_METADATA_MARK";
    private const string RateLimit = "SCYLLA_RATE_LIMIT_ERROR";
    private const string MetadataIds = "SCYLLA_USE_METADATA_ID";
    private const string TabletsV1 = "TABLETS_ROUTING_V1";

    // The whole key: other suffixes are other formats.
    private const string TabletsV2 = "TABLETS_ROUTING_V2_EXPERIMENTAL_V2";

    /// <summary>Who answers, when the node says so before STARTUP.</summary>
    public HostId? HostId => HostIdOf(First("SCYLLA_HOST_ID"));

    public bool IsScylla => options.Keys.Any(key => key.StartsWith(ScyllaPrefix, StringComparison.Ordinal));

    public bool Offers(CqlCompression compression) => options.TryGetValue("COMPRESSION", out var offered)
        && offered.Contains(NameOf(compression), StringComparer.OrdinalIgnoreCase);

    /// <summary>The newest version that the node lists and we speak; null when none is. True only when it lists any.</summary>
    public bool TryListedVersion(out ProtocolVersion? newest)
    {
        newest = null;
        if (!options.TryGetValue("PROTOCOL_VERSIONS", out var listed))
        {
            return false;
        }

        foreach (var entry in listed)                               // "4/v4", "5/v5", "6/v6-beta"
        {
            var slash = entry.IndexOf('/', StringComparison.Ordinal);
            if (slash > 0 && !entry.EndsWith("-beta", StringComparison.Ordinal) && TryInt(entry[..slash], out var number)
                && number is (int)ProtocolVersion.V4 or (int)ProtocolVersion.V5 && number > (int)(newest ?? 0))
            {
                newest = (ProtocolVersion)number;
            }
        }

        return true;
    }

    /// <summary>The facts of a connection that speaks this version, as far as SUPPORTED tells them.</summary>
    public ConnectionFacts Facts(ProtocolVersion version, out string? shardingProblem)
    {
        var facts = new ConnectionFacts(version) { HostId = HostId, Sharding = Sharding(out shardingProblem) };
        if (TryTagged(LwtMark, "LWT_OPTIMIZATION_META_BIT_MASK=", out var maskText) && uint.TryParse(maskText, CultureInfo.InvariantCulture, out var mask))
        {
            facts = facts with { LwtMask = mask };
        }

        if (TryTagged(RateLimit, "ERROR_CODE=", out var codeText) && TryInt(codeText, out var code))
        {
            facts = facts with { RateLimitErrorCode = code };
        }

        return facts with
        {
            HasResultMetadataIds = version >= ProtocolVersion.V5 || options.ContainsKey(MetadataIds),
            TabletsVersion = options.ContainsKey(TabletsV2) ? 2 : options.ContainsKey(TabletsV1) ? 1 : 0,
        };
    }

    /// <summary>What STARTUP says: who we are, and which of the extensions in <paramref name="facts"/> we use.</summary>
    public Dictionary<string, string> Startup(ConnectionSettings settings, ConnectionFacts facts, CqlCompression compression)
    {
        var startup = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CQL_VERSION"] = "3.0.0",
            ["DRIVER_NAME"] = settings.DriverName,
            ["DRIVER_VERSION"] = settings.DriverVersion,
        };
        AddIfAny(startup, "APPLICATION_NAME", settings.ApplicationName);
        AddIfAny(startup, "APPLICATION_VERSION", settings.ApplicationVersion);
        AddIfAny(startup, "CLIENT_ID", settings.ClientId?.ToString());
        AddIfAny(startup, "COMPRESSION", compression == CqlCompression.None ? null : NameOf(compression));
        AddIfAny(startup, LwtMark, facts.LwtMask == 0 ? null : facts.LwtMask.ToString(CultureInfo.InvariantCulture));
        AddIfAny(startup, RateLimit, facts.RateLimitErrorCode is null ? null : "");
        AddIfAny(startup, MetadataIds, options.ContainsKey(MetadataIds) ? "" : null);
        AddIfAny(startup, TabletsV2, facts.TabletsVersion == 2 ? "" : null);
        AddIfAny(startup, TabletsV1, facts.TabletsVersion == 1 ? "" : null);
        return startup;
    }

    private static string NameOf(CqlCompression compression) => compression == CqlCompression.Lz4 ? "lz4" : "snappy";

    private static HostId? HostIdOf(string? text) => CqlDriver.HostId.TryParse(text, out var id) ? id : null;

    private static void AddIfAny(Dictionary<string, string> startup, string key, string? value)
    {
        if (value is not null)
        {
            startup[key] = value;
        }
    }

    private static bool TryInt(string? text, out int number) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private ShardingFacts? Sharding(out string? problem)
    {
        problem = null;
        if (First("SCYLLA_NR_SHARDS") is not { } countText)
        {
            return null;
        }

        var isRead = TryInt(countText, out var count) & TryInt(First("SCYLLA_SHARD"), out var shard) & TryInt(First("SCYLLA_SHARDING_IGNORE_MSB"), out var ignoreMsb);
        if (!isRead || count < 1 || shard < 0 || shard >= count || ignoreMsb is < 0 or > 63)
        {
            problem = $"shard '{First("SCYLLA_SHARD")}' of '{countText}', ignore-msb '{First("SCYLLA_SHARDING_IGNORE_MSB")}'";
            return null;
        }

        return new ShardingFacts(shard, count, ignoreMsb, Port("SCYLLA_SHARD_AWARE_PORT"), Port("SCYLLA_SHARD_AWARE_PORT_SSL"));
    }

    private int? Port(string key) => TryInt(First(key), out var port) && port is > 0 and <= ushort.MaxValue ? port : null;

    private bool TryTagged(string key, string tag, out string? value)
    {
        value = First(key) is { } text && text.StartsWith(tag, StringComparison.Ordinal) ? text[tag.Length..] : null;
        return value is not null;
    }

    private string? First(string key) => options.TryGetValue(key, out var values) && values.Length > 0 ? values[0] : null;
}
