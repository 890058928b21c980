using System.Collections.Immutable;
using System.Globalization;
using CqlDriver.Testing.Cql;

namespace CqlDriver.Testing.Model;

/// <summary>
/// What stands after WITH in CREATE TABLE, as the schema tables show it. Kept and shown; only
/// <c>default_time_to_live</c> does something here.
/// </summary>
internal sealed record TableOptions(ImmutableSortedDictionary<string, string> Texts, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Maps)
{
    private static readonly string[] MapNames = ["caching", "compaction", "compression", "extensions"];

    public static TableOptions Default { get; } = new(
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
        {
            ["additional_write_policy"] = "99p",
            ["bloom_filter_fp_chance"] = "0.01",
            ["comment"] = string.Empty,
            ["crc_check_chance"] = "1.0",
            ["default_time_to_live"] = "0",
            ["gc_grace_seconds"] = "864000",
            ["max_index_interval"] = "2048",
            ["memtable_flush_period_in_ms"] = "0",
            ["min_index_interval"] = "128",
            ["read_repair"] = "BLOCKING",
            ["speculative_retry"] = "99p",
        }),
        ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, ImmutableSortedDictionary<string, string>>
        {
            ["caching"] = Map(("keys", "ALL"), ("rows_per_partition", "NONE")),
            ["compaction"] = Map(("class", "org.apache.cassandra.db.compaction.SizeTieredCompactionStrategy"), ("max_threshold", "32"), ("min_threshold", "4")),
            ["compression"] = Map(("chunk_length_in_kb", "16"), ("class", "org.apache.cassandra.io.compress.LZ4Compressor")),
            ["extensions"] = Map(),
        }));

    private static readonly string[] OtherNames =
        ["allow_auto_snapshot", "cdc", "dclocal_read_repair_chance", "id", "incremental_backups", "memtable", "read_repair_chance", "tablets"];

    public int DefaultTimeToLive => int.Parse(Texts["default_time_to_live"], CultureInfo.InvariantCulture);

    public TableOptions With(PropertyList properties)
    {
        var texts = Texts;
        var maps = Maps;
        foreach (var (name, value) in properties.Entries)
        {
            if (Array.IndexOf(MapNames, name) >= 0)
            {
                maps = maps.SetItem(name, Complete(name, PropertyValues.ToMap(name, value)));
            }
            else if (Default.Texts.ContainsKey(name) || Array.IndexOf(OtherNames, name) >= 0)
            {
                texts = texts.SetItem(name, PropertyValues.ToText(name, value));
            }
            else
            {
                throw new CqlServerException(ServerError.SyntaxError($"Unknown property '{name}'"));
            }
        }

        if (properties.Find("bloom_filter_fp_chance") is null && maps["compaction"]["class"].EndsWith(".LeveledCompactionStrategy", StringComparison.Ordinal))
        {
            texts = texts.SetItem("bloom_filter_fp_chance", "0.1");
        }

        if (!int.TryParse(texts["default_time_to_live"], NumberStyles.None, CultureInfo.InvariantCulture, out var ttl) || ttl > 20 * 365 * 24 * 60 * 60)
        {
            throw new CqlServerException(ServerError.ConfigError($"default_time_to_live must be between 0 and 630720000 (got {texts["default_time_to_live"]})"));
        }

        return new TableOptions(texts, maps);
    }

    /// <summary>As servers show it: class names in full, and what was left out at its default.</summary>
    private static ImmutableSortedDictionary<string, string> Complete(string name, ImmutableSortedDictionary<string, string> given)
    {
        var package = name switch
        {
            "compaction" => "org.apache.cassandra.db.compaction.",
            "compression" => "org.apache.cassandra.io.compress.",
            _ => null,
        };
        if (package is not null && given.TryGetValue("class", out var className) && !className.Contains('.', StringComparison.Ordinal))
        {
            given = given.SetItem("class", package + className);
        }

        return name == "extensions" ? given : Default.Maps[name].SetItems(given);
    }

    private static ImmutableSortedDictionary<string, string> Map(params ReadOnlySpan<(string Key, string Value)> entries)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        return map.ToImmutable();
    }
}

/// <summary>The values of properties, as text.</summary>
internal static class PropertyValues
{
    public static string ToText(string name, Term value) => value is ConstantTerm constant
        ? constant.Text
        : throw new CqlServerException(ServerError.SyntaxError($"Invalid value for property '{name}'. It should be a string"));

    public static ImmutableSortedDictionary<string, string> ToMap(string name, Term value)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        switch (value)
        {
            case SetTerm { Elements.IsEmpty: true }:
                break;
            case MapTerm literal:
                foreach (var (key, entry) in literal.Entries)
                {
                    map[ToText(name, key)] = ToText(name, entry);
                }

                break;
            default:
                throw new CqlServerException(ServerError.SyntaxError($"Invalid value for property '{name}'. It should be a map"));
        }

        return map.ToImmutable();
    }
}
