using System.Buffers.Binary;
using System.Text;
using CqlDriver.Connections;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Schema;

/// <summary>Rows of a system table as a test writes them down: each a list of column and value. A column that no row names is not there.</summary>
internal static class HandmadeRows
{
    public static SystemRows None { get; } = Of();

    public static SystemRows Of(params (string Column, object? Value)[][] rows)
    {
        var names = rows.SelectMany(row => row.Select(cell => cell.Column)).Distinct().ToList();
        var specs = names.Select(name => new ColumnSpec("system_schema", "t", name, TypeOf(rows.SelectMany(row => row).First(cell => cell.Column == name && cell.Value is not null).Value!)));
        var body = new MemoryStream();
        foreach (var row in rows)
        {
            foreach (var name in names)
            {
                Write(body, row.FirstOrDefault(cell => cell.Column == name).Value);
            }
        }

        return new SystemRows(new RowsHeader { Metadata = new ResultMetadata([.. specs]), ColumnCount = names.Count, RowCount = rows.Length }, body.ToArray());
    }

    private static CqlType TypeOf(object value) => value switch
    {
        string => CqlType.Text,
        int => CqlType.Int,
        bool => CqlType.Boolean,
        double => CqlType.Double,
        Guid => CqlType.Uuid,
        byte[] => CqlType.Blob,
        string[] => CqlType.List(CqlType.Text),
        _ => CqlType.Map(CqlType.Text, CqlType.Text),
    };

    private static void Write(MemoryStream body, object? value)
    {
        if (value is null)
        {
            body.Write([255, 255, 255, 255]);
            return;
        }

        byte[] bytes = value switch
        {
            string text => Encoding.UTF8.GetBytes(text),
            int number => Number(number),
            bool flag => [(byte)(flag ? 1 : 0)],
            double number => Number(number),
            Guid id => id.ToByteArray(bigEndian: true),
            byte[] raw => raw,
            string[] texts => Collection(texts.Length, texts),
            Dictionary<string, string> map => Collection(map.Count, map.SelectMany(entry => new[] { entry.Key, entry.Value })),
            _ => throw new ArgumentException($"{value.GetType()} is not written.", nameof(value)),
        };
        body.Write(Number(bytes.Length));
        body.Write(bytes);
    }

    private static byte[] Collection(int count, IEnumerable<string> texts)
    {
        var bytes = new MemoryStream();
        bytes.Write(Number(count));
        foreach (var text in texts)
        {
            Write(bytes, text);
        }

        return bytes.ToArray();
    }

    private static byte[] Number(int number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Number(double number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        return bytes;
    }
}
