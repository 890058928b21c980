using System.Collections.Immutable;
using CqlDriver.Connections;

namespace CqlDriver.Schema;

/// <summary>
/// Makes the model of the rows. Pure, and independent of the order of rows. Keyspaces come first; of everything else what
/// belongs to an unknown keyspace or table is left out without a word, since tables are read at different moments.
/// </summary>
internal sealed class SchemaParser
{
    private readonly SchemaTables _tables;
    private readonly ProblemList _problems = new();

    private SchemaParser(SchemaTables tables) => _tables = tables;

    public static SchemaMetadata Parse(SchemaTables tables)
    {
        var parser = new SchemaParser(tables);
        var keyspaces = ImmutableSortedDictionary.CreateBuilder<string, KeyspaceMetadata>(StringComparer.Ordinal);
        foreach (var keyspace in parser.ReadKeyspaces())
        {
            keyspaces[keyspace.Name] = keyspace;
        }

        return new SchemaMetadata { IsRead = true, Keyspaces = keyspaces.ToImmutable(), Problems = parser._problems.ToImmutable() };
    }

    private IEnumerable<KeyspaceMetadata> ReadKeyspaces()
    {
        var ofScylla = ByKeyspace(_tables.ScyllaKeyspaces);
        var contents = new KeyspaceContents(_tables, _problems);
        foreach (var row in SchemaRow.All(_tables.Keyspaces))
        {
            var keyspace = _problems.Try(row.Name("system_schema.keyspaces", "keyspace_name"), () => ReadKeyspace(row, ofScylla));
            if (keyspace is not null)
            {
                yield return contents.Fill(keyspace);
            }
        }

        var virtualContents = new KeyspaceContents(_tables.VirtualTables, _tables.VirtualColumns, _problems);
        foreach (var row in SchemaRow.All(_tables.VirtualKeyspaces))
        {
            var keyspace = _problems.Try(
                row.Name("system_virtual_schema.keyspaces", "keyspace_name"), () => new KeyspaceMetadata(row.Get("keyspace_name")) { IsVirtual = true });
            if (keyspace is not null)
            {
                yield return virtualContents.Fill(keyspace);
            }
        }
    }

    private KeyspaceMetadata ReadKeyspace(SchemaRow row, ILookup<string, SchemaRow> ofScylla)
    {
        var name = row.Get("keyspace_name");
        var replication = row.Map("replication");
        bool? usesTablets = _tables.ScyllaKeyspaces is null ? null : ofScylla[name].Any(static extra => extra.Int("initial_tablets") is not null);
        return new KeyspaceMetadata(name)
        {
            HasDurableWrites = row.Boolean("durable_writes") ?? true,
            ReplicationStrategy = ShortName(replication.GetValueOrDefault("class", "")),
            ReplicationOptions = replication.Remove("class"),
            UsesTablets = usesTablets,
            IsStronglyConsistent = ofScylla[name].Any(static extra => extra.Find("consistency") == "global"),
        };
    }

    internal static ILookup<string, SchemaRow> ByKeyspace(SystemRows? rows) => SchemaRow.All(rows).ToLookup(static row => row.Find("keyspace_name") ?? "", StringComparer.Ordinal);

    private static string ShortName(string className)
    {
        const string Package = "org.apache.cassandra.locator.";
        return className.StartsWith(Package, StringComparison.Ordinal) ? className[Package.Length..] : className;
    }
}

/// <summary>What could not be understood, so far.</summary>
internal sealed class ProblemList
{
    private readonly ImmutableArray<SchemaProblem>.Builder _problems = ImmutableArray.CreateBuilder<SchemaProblem>();

    public int Count => _problems.Count;

    public ImmutableArray<SchemaProblem> ToImmutable() => _problems.ToImmutable();

    public void Add(string row, string reason) => _problems.Add(new SchemaProblem(row, reason));

    /// <summary>What is read, or null and a problem more.</summary>
    public T? Try<T>(string row, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception malformed) when (malformed is FormatException or CqlProtocolException)
        {
            Add(row, malformed.Message);
            return null;
        }
    }
}
