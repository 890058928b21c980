using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using CqlDriver.Testing.Engine;

namespace CqlDriver.Testing.Server;

/// <summary>A statement that a node has prepared.</summary>
internal sealed record PreparedStatement(byte[] Id, string Cql, string? Keyspace, Plan Plan, byte[] ResultMetadataId);

/// <summary>What a node has prepared; forgotten when it stops. Ids are those of real servers: MD5 of keyspace and text.</summary>
internal sealed class PreparedStatements
{
    private readonly ConcurrentDictionary<Guid, PreparedStatement> _byId = new();

    public int Count => _byId.Count;

    public PreparedStatement Add(CqlEngine engine, string cql, string? keyspace)
    {
        var plan = engine.Prepare(cql, keyspace);
        var id = Hash(Encoding.UTF8.GetBytes(plan.IsFullyQualified ? cql : keyspace + cql));
        var prepared = new PreparedStatement(id, cql, keyspace, plan, MetadataId(plan.IsConditional ? null : plan.ResultColumns));
        _byId[new Guid(id)] = prepared;
        return prepared;
    }

    public PreparedStatement? Find(byte[] id) => id.Length == 16 ? _byId.GetValueOrDefault(new Guid(id)) : null;

    public void Forget(PreparedStatement statement) => _byId.TryRemove(new KeyValuePair<Guid, PreparedStatement>(new Guid(statement.Id), statement));

    public void Clear() => _byId.Clear();

    private static byte[] MetadataId(ImmutableArray<ColumnSpec>? columns)
    {
        var text = new StringBuilder();
        foreach (var column in columns ?? [])
        {
            text.Append(column.Keyspace).Append('\0').Append(column.Table).Append('\0').Append(column.Name).Append('\0').Append(Describe(column.Type)).Append('\0');
        }

        return Hash(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The name of a user type does not tell its fields, and they are part of the metadata.</summary>
    private static string Describe(CqlType type) => type switch
    {
        CqlUserType user => $"{user}({string.Join(',', user.Fields.Select(field => field.Name + ' ' + Describe(field.Type)))})",
        CqlListType list => $"list<{Describe(list.Element)}>",
        CqlSetType set => $"set<{Describe(set.Element)}>",
        CqlMapType map => $"map<{Describe(map.Key)},{Describe(map.Value)}>",
        CqlTupleType tuple => $"tuple<{string.Join(',', tuple.Elements.Select(Describe))}>",
        CqlVectorType vector => $"vector<{Describe(vector.Element)},{vector.Dimension}>",
        _ => type.ToString(),
    };

#pragma warning disable CA5351 // The protocol's own identifier of statements, not a protection of anything.
    private static byte[] Hash(byte[] bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
