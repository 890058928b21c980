using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>
/// Columns as they came with an answer, and their bytes: where servers send them with every answer (v4), the next one that has
/// the same bytes need not read them again, which is most of the cost of a small result.
/// </summary>
internal sealed record KnownColumns(ResultMetadata Metadata, bool IsOfOneTable, byte[] Bytes);

/// <summary>
/// The start of a ROWS result: all but the rows, which stay in the body from <see cref="ContentOffset"/> on, each cell a
/// [bytes], row after row. That the cells fit is checked as far as their lengths' own bytes go; a reader of cells still
/// checks each length.
/// </summary>
internal readonly struct RowsHeader
{
    public int ColumnCount { get; init; }

    /// <summary>Null: the server left it out, as it was asked to; the client has it from the preparation.</summary>
    public ResultMetadata? Metadata { get; init; }

    /// <summary>Where the next page starts; null: this was the last.</summary>
    public byte[]? PagingState { get; init; }

    /// <summary>The statement's result has changed since it was prepared: <see cref="Metadata"/> is the new one, and this its id.</summary>
    public byte[]? NewMetadataId { get; init; }

    public int RowCount { get; init; }

    /// <summary>Where the rows start, from the start of the body.</summary>
    public int ContentOffset { get; init; }

    /// <summary>Whether one table specification serves for all columns.</summary>
    public bool IsOfOneTable { get; init; }

    /// <summary>Where the columns stand in the body; for <see cref="KnownColumns"/>.</summary>
    public Range ColumnBytes { get; init; }

    /// <summary>Reads the header of a ROWS result; the reader stands behind the result's kind.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="known">Columns that came with an earlier answer: the same bytes are not read again.</param>
    public static RowsHeader Read(ref CqlReader reader, KnownColumns? known = null)
    {
        var flags = (MetadataFlags)reader.ReadInt();
        var columnCount = reader.ReadInt();
        if (columnCount < 0)
        {
            reader.ThrowMalformed($"a result has {columnCount} columns");
        }

        var pagingState = (flags & MetadataFlags.HasMorePages) != 0 ? reader.ReadBytes() : null;
        if ((flags & MetadataFlags.HasMorePages) != 0 && pagingState is not { Length: > 0 })
        {
            // Sent back, it would mean "from the start": the same page for ever.
            reader.ThrowMalformed("a result has more pages and no paging state");
        }

        var newMetadataId = (flags & MetadataFlags.MetadataChanged) != 0 ? reader.ReadShortBytes().ToArray() : null;
        var columnsStart = reader.Position;
        var isOfOneTable = (flags & MetadataFlags.GlobalTableSpec) != 0;
        var metadata = (flags & MetadataFlags.NoMetadata) != 0 ? null
            : known is not null && known.Metadata.Columns.Length == columnCount && known.IsOfOneTable == isOfOneTable && reader.TrySkip(known.Bytes) ? known.Metadata
            : new ResultMetadata(ColumnSpecs.Read(ref reader, columnCount, flags));
        var columnBytes = columnsStart..reader.Position;
        var rowCount = reader.ReadInt();
        if (columnCount == 0 && rowCount > 0)
        {
            reader.ThrowMalformed($"a result has {rowCount} rows without columns");
        }

        reader.EnsureFits(rowCount, 1, "the rows");
        reader.EnsureFits((long)rowCount * columnCount, sizeof(int), "the rows");
        return new RowsHeader
        {
            ColumnCount = columnCount,
            Metadata = metadata,
            IsOfOneTable = isOfOneTable,
            ColumnBytes = columnBytes,
            PagingState = pagingState,
            NewMetadataId = newMetadataId,
            RowCount = rowCount,
            ContentOffset = reader.Position,
        };
    }

    /// <summary>Writes the header as a server does, up to and with the number of rows.</summary>
    public void Write(GrowableBuffer buffer, int version)
    {
        var isGlobal = Metadata is not null && ColumnSpecs.AreOfOneTable(Metadata.Columns);
        var flags = (isGlobal || Metadata is null ? MetadataFlags.GlobalTableSpec : 0)       // Cassandra leaves the bit on without metadata
            | (PagingState is null ? 0 : MetadataFlags.HasMorePages)
            | (Metadata is null ? MetadataFlags.NoMetadata : 0)
            | (NewMetadataId is null ? 0 : MetadataFlags.MetadataChanged);
        buffer.WriteInt32((int)flags);
        buffer.WriteInt32(Metadata?.Columns.Length ?? ColumnCount);
        if (PagingState is not null)
        {
            buffer.WriteBytes(PagingState);
        }

        if (NewMetadataId is not null)
        {
            buffer.WriteShortBytes(NewMetadataId);
        }

        if (Metadata is not null)
        {
            ColumnSpecs.Write(buffer, Metadata.Columns, isGlobal, version);
        }

        buffer.WriteInt32(RowCount);
    }
}
