using System.Collections.Immutable;
using CqlDriver.Partitioning;
using CqlDriver.Protocol;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>
/// What all copies of a prepared statement share. Immutable but for the layout of its result, which follows the schema: it
/// is replaced as a whole, together with the id that names it to the server.
/// </summary>
internal sealed class PreparedCore(string cql, string? keyspace, byte[] id, ImmutableArray<ColumnSpec> parameters, ImmutableArray<int> partitionKeyIndexes, RowLayout layout, CodecRegistry codecs)
{
    private RowLayout _layout = layout;
    private AnsweredColumns? _answered;
    private KnownRouting? _routing;

    public string Cql { get; } = cql;

    /// <summary>The keyspace it was prepared in, for preparing it anew; null when the text names its own.</summary>
    public string? Keyspace { get; } = keyspace;

    public byte[] Id { get; } = id;

    public ImmutableArray<ColumnSpec> Parameters { get; } = parameters;

    public ImmutableArray<int> PartitionKeyIndexes { get; } = partitionKeyIndexes;

    /// <summary>The table whose partition the values name; null: they name none.</summary>
    public RoutingScope? Scope { get; } = partitionKeyIndexes.IsEmpty ? null : new RoutingScope(parameters[0].Keyspace, parameters[0].Table);

    public CodecRegistry Codecs { get; } = codecs;

    /// <summary>Whether a server marked it as conditional (ScyllaDB's LWT mark).</summary>
    public bool IsConditional { get; init; }

    /// <summary>The result's layout now. A request keeps the one it was encoded with; pairs with <see cref="UpdateLayout"/>.</summary>
    public RowLayout Layout => Volatile.Read(ref _layout);

    /// <summary>The columns of the last answer that carried them, with their layout; null until there was one.</summary>
    public AnsweredColumns? Answered
    {
        get => Volatile.Read(ref _answered);
        set => Volatile.Write(ref _answered, value);
    }

    /// <summary>A server told a newer layout. The last one told wins: an older one only costs another telling.</summary>
    public void UpdateLayout(RowLayout layout) => Volatile.Write(ref _layout, layout);

    /// <summary>How much it is used, in comparison: about every 64th use counts, and lost counts do not matter.</summary>
    public long Uses { get; private set; }

    public void NoteUse() => Uses++;

    /// <summary>Keeps the cache of prepared statements from forgetting this one while anybody holds it.</summary>
    public object? CacheEntry { get; set; }

    /// <summary>Where the rows of its table are; null: not known. Looked up once for each picture of that.</summary>
    public RoutingTable? RoutingIn(RoutingMetadata routing)
    {
        var known = Volatile.Read(ref _routing);
        if (known is null || !ReferenceEquals(known.Of, routing))
        {
            known = new KnownRouting(routing, Scope is { Table: { } table } scope ? routing.Find(scope.Keyspace, table) : null);
            Volatile.Write(ref _routing, known);
        }

        return known.Table;
    }

    public void CheckCount(int given)
    {
        if (given != Parameters.Length)
        {
            throw new ArgumentException(
                $"The statement takes {Parameters.Length} value(s) and was given {given}: {Cql}");
        }
    }
}

/// <summary>Columns that came with an answer, and the layout made of them.</summary>
internal sealed record AnsweredColumns(KnownColumns Known, RowLayout Layout);

/// <summary>What one picture of where rows are says of a statement's table.</summary>
internal sealed record KnownRouting(RoutingMetadata Of, RoutingTable? Table);
