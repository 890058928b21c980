using System.Collections.Immutable;
using System.Security.Cryptography;

namespace CqlDriver.Testing.Model;

/// <summary>All keyspaces at one moment. Immutable; each change makes another one with another <see cref="Version"/>.</summary>
internal sealed class SchemaSnapshot
{
    private SchemaSnapshot(ImmutableSortedDictionary<string, KeyspaceDefinition> keyspaces, Guid version)
    {
        Keyspaces = keyspaces;
        Version = version;
    }

    public static SchemaSnapshot Empty { get; } = new(ImmutableSortedDictionary.Create<string, KeyspaceDefinition>(StringComparer.Ordinal), Guid.Parse("59adb24e-f3cd-3e02-97f0-5b395827453f"));

    public ImmutableSortedDictionary<string, KeyspaceDefinition> Keyspaces { get; }

    public Guid Version { get; }

    public KeyspaceDefinition? Find(string keyspace) => Keyspaces.GetValueOrDefault(keyspace);

    public KeyspaceDefinition Get(string keyspace) => Find(keyspace) ?? throw CqlServerException.Invalid($"keyspace {keyspace} does not exist");

    public TableDefinition? FindTable(string keyspace, string table) => Find(keyspace)?.Tables.GetValueOrDefault(table);

    public SchemaSnapshot With(KeyspaceDefinition keyspace) => new(Keyspaces.SetItem(keyspace.Name, keyspace), Next(keyspace.Name));

    public SchemaSnapshot Without(string keyspace) => new(Keyspaces.Remove(keyspace), Next(keyspace));

    /// <summary>A version that follows from the one before, so that equal histories have equal versions.</summary>
    private Guid Next(string what)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. Version.ToByteArray(bigEndian: true), .. System.Text.Encoding.UTF8.GetBytes(what)], hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x30);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
