using System.Text.Json;
using CqlDriver.Testing.Tests.Support;
using CqlDriver.Tests.Vectors;

namespace CqlDriver.Testing.Tests;

/// <summary>Values of every type that a real server wrote: bound, stored and read back; and written as literals.</summary>
public sealed class TypeRoundTripTests
{
    [Fact]
    public void Values_of_a_real_server_are_stored_and_read_back_as_they_were_bound()
    {
        var count = 0;
        foreach (var type in VectorFile.Read("types").GroupBy(vector => vector.Text("type")!))
        {
            var db = DatabaseWith(type.First());
            foreach (var vector in type)
            {
                var bytes = vector.Hex("hex");
                db.Run("INSERT INTO t (k, v) VALUES (1, ?)", bytes);
                ((CqlDriver.Testing.Engine.RowsResult)db.Run("SELECT v FROM t")).Rows[0][0].Should().Equal(bytes, $"{type.Key} {vector.GetProperty("value")}");
                count++;
            }
        }

        count.Should().BeGreaterThan(900);
    }

    [Fact]
    public void Literals_become_the_bytes_of_a_real_server()
    {
        var count = 0;
        foreach (var type in VectorFile.Read("types").GroupBy(vector => vector.Text("type")!))
        {
            var db = DatabaseWith(type.First());
            var column = db.Engine.Schema.FindTable("ks", "t")!.Get("v").Type;
            foreach (var vector in type.Where(vector => !vector.TryGetProperty("roundtrip", out _) && vector.GetProperty("value").ValueKind != JsonValueKind.Null))
            {
                if (LiteralText.Of(column, vector.GetProperty("value")) is not { } literal)
                {
                    continue;
                }

                db.Run($"INSERT INTO t (k, v) VALUES (1, {literal})");
                ((CqlDriver.Testing.Engine.RowsResult)db.Run("SELECT v FROM t")).Rows[0][0].Should().Equal(vector.Hex("hex"), $"{type.Key} {literal}");
                count++;
            }
        }

        count.Should().BeGreaterThan(700);
    }

    private static Database DatabaseWith(JsonElement vector)
    {
        var db = new Database();
        if (vector.TryGetProperty("udts", out var udts))
        {
            // In dependency order: a type may use one that comes later in the file.
            var left = udts.EnumerateObject().ToList();
            while (left.Count > 0)
            {
                left.RemoveAll(udt => TryCreate(db, udt)).Should().BePositive();
            }
        }

        var text = vector.Text("type")!;
        db.Run($"CREATE TABLE t (k int PRIMARY KEY, v {(text == "counter" ? "bigint" : text.Contains('<', StringComparison.Ordinal) || vector.TryGetProperty("udts", out _) ? $"frozen<{text}>" : text)})");
        return db;
    }

    private static bool TryCreate(Database db, JsonProperty udt)
    {
        try
        {
            db.Run($"CREATE TYPE {udt.Name} ({string.Join(", ", udt.Value.EnumerateArray().Select(field => $"\"{field[0].GetString()}\" {field[1].GetString()}"))})");
            return true;
        }
        catch (CqlServerException e) when (e.Message.StartsWith("Unknown type", StringComparison.Ordinal))
        {
            return false;
        }
    }
}
