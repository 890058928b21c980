using System.Net;
using System.Numerics;

namespace CqlDriver.IntegrationTests.Support;

/// <summary>A type, a literal of it for the server, and the value that it stands for.</summary>
internal abstract record TypeCase(string Type, string Literal)
{
    public static IReadOnlyList<TypeCase> All { get; } =
    [
        Of("ascii", "'plain'", "plain"),
        Of("bigint", "-9223372036854775808", long.MinValue),
        Of("blob", "0x00ff10", new byte[] { 0x00, 0xFF, 0x10 }),
        Of("boolean", "true", true),
        Of("date", "'2024-02-29'", new DateOnly(2024, 2, 29)),
        Of("decimal", "-12345.6789", -12345.6789m),
        Of("double", "0.1", 0.1),
        Of("duration", "1mo2d3ns", new CqlDuration(1, 2, 3)),
        Of("float", "-0.5", -0.5f),
        Of("inet", "'2001:db8::1'", IPAddress.Parse("2001:db8::1")),
        Of("int", "2147483647", int.MaxValue),
        Of("smallint", "-32768", short.MinValue),
        Of("text", "'h\u00e9llo \u4e16\u754c \U0001F600 ''quoted'''", "h\u00e9llo \u4e16\u754c \U0001F600 'quoted'"),
        Of("time", "'23:59:59.999999900'", new TimeOnly(23, 59, 59).Add(TimeSpan.FromTicks(9_999_999))),
        Of("timestamp", "'2024-02-29 12:34:56.789+0000'", new DateTimeOffset(2024, 2, 29, 12, 34, 56, 789, TimeSpan.Zero)),
        Of("timeuuid", "50554d6e-29bb-11e5-b345-feff819cdc9f", TimeUuid.Parse("50554d6e-29bb-11e5-b345-feff819cdc9f")),
        Of("tinyint", "-128", sbyte.MinValue),
        Of("uuid", "123e4567-e89b-42d3-a456-426614174000", Guid.Parse("123e4567-e89b-42d3-a456-426614174000")),
        Of("varint", "-170141183460469231731687303715884105728", -BigInteger.Pow(2, 127)),
        Of("list<int>", "[3, 1, 2, 1]", new List<int> { 3, 1, 2, 1 }),
        Of("set<text>", "{'b', 'a'}", new HashSet<string> { "a", "b" }),
        Of("map<text, int>", "{'one': 1, 'two': 2}", new Dictionary<string, int> { ["one"] = 1, ["two"] = 2 }),
        Of("frozen<list<frozen<map<int, text>>>>", "[{1: 'x'}, {2: 'y'}]", new List<Dictionary<int, string>> { new() { [1] = "x" }, new() { [2] = "y" } }),
        Of("tuple<int, text, boolean>", "(1, 'two', false)", (1, "two", false)),
        Of("vector<float, 3>", "[1.5, -2, 0]", new[] { 1.5f, -2f, 0f }),
        Of("vector<text, 2>", "['a', 'bc']", new[] { "a", "bc" }),
    ];

    /// <summary>
    /// Has the server make the value from the literal, the driver read it, write it into the column beside and compares the bytes.
    /// </summary>
    public async Task CheckAsync(CqlSession session)
    {
        await session.ExecuteAsync($"CREATE TABLE samples (id int PRIMARY KEY, made {Type}, written {Type})");
        await session.ExecuteAsync($"INSERT INTO samples (id, made) VALUES (1, {Literal})");
        await WriteAsync(session, await session.PrepareAsync("UPDATE samples SET written = ? WHERE id = 1"));
        var row = (await session.ExecuteAsync("SELECT made, written FROM samples WHERE id = 1")).Single();
        row.GetBytes(1).ToArray().Should().Equal(row.GetBytes(0).ToArray(), "the driver writes {0} as the server does", Type);
        CheckRead(row);
        row["made"].Should().NotBeNull();
    }

    protected abstract Task WriteAsync(CqlSession session, PreparedStatement update);

    protected abstract void CheckRead(Row row);

    private static TypeCase<T> Of<T>(string type, string literal, T value) => new(type, literal, value);
}

/// <summary>A case whose value has a .NET type.</summary>
internal sealed record TypeCase<T>(string Type, string Literal, T Value) : TypeCase(Type, Literal)
{
    protected override async Task WriteAsync(CqlSession session, PreparedStatement update) => await session.ExecuteAsync(update, Value);

    protected override void CheckRead(Row row) => row.Get<T>("made").Should().BeEquivalentTo(Value, options => options.WithStrictOrdering());
}
