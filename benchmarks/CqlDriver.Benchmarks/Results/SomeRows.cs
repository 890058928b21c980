using System.Collections.Immutable;
using CqlDriver.LoadBench.Answerer;
using CqlDriver.Topology;
using CqlDriver.Types;

namespace CqlDriver.Benchmarks.Results;

/// <summary>Results as sessions give them, without a server.</summary>
internal static class SomeRows
{
    private static readonly ExecutionInfo Info = new(new Node(new HostId(Guid.NewGuid())));

    /// <summary>The page that the load generator reads.</summary>
    public static RowSet Page()
    {
        var body = CannedBodies.DataRows(CannedBodies.PageRows, withMetadata: false);
        var header = SomeStatement.ReadHeader(body);
        return new RowSet(Info, new RowLayout(SomeStatement.Columns, CodecRegistry.Default), body, body.Length, header.ContentOffset, header.RowCount, null);
    }

    /// <summary>A page of columns c0, c1 and so on, each row the same.</summary>
    public static RowSet Of(int rows, params (CqlType Type, object? Value)[] cells)
    {
        using var buffer = new GrowableBuffer();
        for (var i = 0; i < rows; i++)
        {
            foreach (var (type, value) in cells)
            {
                CodecRegistry.Default.WriteObject(buffer, type, value);
            }
        }

        var columns = cells.Select((cell, i) => new ColumnSpec("ks", "t", $"c{i}", cell.Type)).ToImmutableArray();
        return new RowSet(Info, new RowLayout(columns, CodecRegistry.Default), buffer.WrittenSpan.ToArray(), buffer.Length, 0, rows, null);
    }
}
