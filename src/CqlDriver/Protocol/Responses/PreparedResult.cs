using System.Collections.Immutable;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>What a server answers to PREPARE (v5, section 4.2.5.4).</summary>
/// <param name="Id">The id to execute it by.</param>
/// <param name="ResultMetadataId">The id of its result metadata; null where ids are not negotiated.</param>
/// <param name="Variables">What is to be bound.</param>
/// <param name="ResultMetadata">The columns of its result; null: the server names none (the statement returns no rows, or not always the same).</param>
internal sealed record PreparedResult(byte[] Id, byte[]? ResultMetadataId, PreparedVariables Variables, ResultMetadata? ResultMetadata)
{
    /// <summary>Reads the result; the reader stands behind the result's kind.</summary>
    public static PreparedResult Read(ref CqlReader reader, int version, ProtocolExtensions extensions)
    {
        var id = reader.ReadShortBytes().ToArray();
        var metadataId = extensions.UsesResultMetadataIds(version) ? reader.ReadShortBytes().ToArray() : null;
        var variables = PreparedVariables.Read(ref reader, version);
        var flags = (MetadataFlags)reader.ReadInt();
        var columnCount = reader.ReadInt();
        reader.EnsureFits(columnCount, (flags & MetadataFlags.NoMetadata) != 0 ? 0 : 4, "the result metadata");
        if ((flags & MetadataFlags.HasMorePages) != 0)
        {
            reader.TryReadBytes(out _);
        }

        var metadata = (flags & MetadataFlags.NoMetadata) != 0 ? null : new ResultMetadata(ColumnSpecs.Read(ref reader, columnCount, flags));
        return new PreparedResult(id, metadataId, variables, metadata);
    }

    public void Write(GrowableBuffer buffer, int version, ProtocolExtensions extensions)
    {
        buffer.WriteShortBytes(Id);
        if (extensions.UsesResultMetadataIds(version))
        {
            buffer.WriteShortBytes(ResultMetadataId);
        }

        Variables.Write(buffer, version);
        var isGlobal = ResultMetadata is not null && ColumnSpecs.AreOfOneTable(ResultMetadata.Columns);
        buffer.WriteInt32((int)(ResultMetadata is null ? MetadataFlags.NoMetadata : isGlobal ? MetadataFlags.GlobalTableSpec : MetadataFlags.None));
        buffer.WriteInt32(ResultMetadata?.Columns.Length ?? 0);
        if (ResultMetadata is not null)
        {
            ColumnSpecs.Write(buffer, ResultMetadata.Columns, isGlobal, version);
        }
    }
}

/// <summary>What is to be bound to a prepared statement.</summary>
/// <param name="Flags">The flags as they came: ScyllaDB marks conditional statements with a bit that was agreed on.</param>
/// <param name="Columns">Name and type of each variable, in order.</param>
/// <param name="PartitionKeyIndexes">Which variables make the partition key, in the key's order; empty when they do not.</param>
internal sealed record PreparedVariables(int Flags, ImmutableArray<ColumnSpec> Columns, ImmutableArray<int> PartitionKeyIndexes)
{
    /// <summary>Whether the bit that marks conditional statements is set. A mask of 0 was never agreed on.</summary>
    public bool HasMark(uint mask) => ((uint)Flags & mask) != 0;

    internal static PreparedVariables Read(ref CqlReader reader, int version)
    {
        var flags = reader.ReadInt();
        var count = reader.ReadInt();
        var indexes = version >= 4 ? ReadIndexes(ref reader, count) : [];
        return new PreparedVariables(flags, ColumnSpecs.Read(ref reader, count, (MetadataFlags)flags), indexes);
    }

    internal void Write(GrowableBuffer buffer, int version)
    {
        var isGlobal = ColumnSpecs.AreOfOneTable(Columns);
        buffer.WriteInt32((Flags & ~(int)MetadataFlags.GlobalTableSpec) | (isGlobal ? (int)MetadataFlags.GlobalTableSpec : 0));
        buffer.WriteInt32(Columns.Length);
        if (version >= 4)
        {
            buffer.WriteInt32(PartitionKeyIndexes.Length);
            foreach (var index in PartitionKeyIndexes)
            {
                buffer.WriteShort(index);
            }
        }

        ColumnSpecs.Write(buffer, Columns, isGlobal, version);
    }

    private static ImmutableArray<int> ReadIndexes(ref CqlReader reader, int variableCount)
    {
        var count = reader.ReadInt();
        reader.EnsureFits(count, 2, "the partition key");
        var indexes = ImmutableArray.CreateBuilder<int>(count);
        for (var i = 0; i < count; i++)
        {
            var index = reader.ReadShort();
            if (index >= variableCount)
            {
                reader.ThrowMalformed($"variable {index} is said to be in the partition key, and there are {variableCount}");
            }

            indexes.Add(index);
        }

        return indexes.MoveToImmutable();
    }
}
