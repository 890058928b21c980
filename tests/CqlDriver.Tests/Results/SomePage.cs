using CqlDriver.Protocol;
using CqlDriver.Topology;
using CqlDriver.Types;

namespace CqlDriver.Tests.Results;

/// <summary>Pages as the read loop makes them: a body in an array of the response memory, larger than the body and dirty behind it.</summary>
internal static class SomePage
{
    private static readonly ExecutionInfo Info = new(new Node(new HostId(Guid.NewGuid())));

    public static RowSet Of(RowLayout layout, Action<GrowableBuffer> write, int count = 1)
    {
        using var buffer = new GrowableBuffer();
        write(buffer);
        return Of(layout, buffer.WrittenSpan, count);
    }

    public static RowSet Of(RowLayout layout, ReadOnlySpan<byte> rows, int count = 1)
    {
        var body = ResponseMemory.Rent(rows.Length);
        body.AsSpan().Fill(0xEE);
        rows.CopyTo(body);
        return new RowSet(Info, layout, body, rows.Length, 0, count, null);
    }

    /// <summary>One row of one column.</summary>
    public static RowSet OfCell(CqlType type, byte[]? content, CodecRegistry? codecs = null) =>
        Of(new RowLayout([new ColumnSpec("ks", "t", "c", type)], codecs ?? CodecRegistry.Default), buffer => WriteCell(buffer, content));

    public static void WriteCell(GrowableBuffer buffer, byte[]? content)
    {
        buffer.WriteInt32(content?.Length ?? -1);
        buffer.Write(content);
    }
}
