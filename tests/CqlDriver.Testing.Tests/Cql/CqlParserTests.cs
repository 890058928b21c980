using CqlDriver.Testing.Cql;

namespace CqlDriver.Testing.Tests.Cql;

public sealed class CqlParserTests
{
    [Theory]
    [InlineData("SELECT * FROM t")]
    [InlineData("select a, \"B\", count(*), writetime(c) AS w FROM ks.t WHERE a = 1 AND b IN (1, ?) AND token(a) > -5 PER PARTITION LIMIT 2 LIMIT ? ALLOW FILTERING;")]
    [InlineData("SELECT DISTINCT a FROM t -- a comment")]
    [InlineData("SELECT m['k'], u.f FROM t WHERE (c, d) > (1, 'x') ORDER BY c DESC, d ASC")]
    [InlineData("INSERT INTO t (a, b) VALUES (1, {'x': [1, 2.5e3], 'y': []}) IF NOT EXISTS USING TTL 5 AND TIMESTAMP :stamp")]
    [InlineData("INSERT INTO t (a) VALUES ((frozen<list<int>>) [1]) /* and another */")]
    [InlineData("UPDATE t USING TTL 5 SET a = 1, b = b + {1}, c = [1] + c, d['k'] = null, u.f = 2, n += 3 WHERE k = 0xCAFE IF x > 1 AND y IN (1, 2)")]
    [InlineData("DELETE a, m['k'], u.f FROM t USING TIMESTAMP 1 WHERE k = 123e4567-e89b-12d3-a456-426614174000 IF EXISTS")]
    [InlineData("BEGIN UNLOGGED BATCH USING TIMESTAMP 5 INSERT INTO t (a) VALUES (1); DELETE FROM t WHERE a = 2 APPLY BATCH")]
    [InlineData("CREATE TABLE IF NOT EXISTS t (a int, b text STATIC, c frozen<map<text, list<int>>>, v vector<float, 3>, PRIMARY KEY ((a), c)) WITH CLUSTERING ORDER BY (c DESC) AND comment = 'x'")]
    [InlineData("CREATE TYPE ks.t (\"Odd Name\" int, b frozen<tuple<int, text>>)")]
    [InlineData("ALTER TABLE t ADD (a int, b text STATIC)")]
    [InlineData("ALTER TABLE t DROP IF EXISTS a")]
    [InlineData("CREATE CUSTOM INDEX ON t (KEYS(m)) USING 'StorageAttachedIndex' WITH OPTIONS = {'a': 'b'}")]
    [InlineData("USE \"MyKs\"")]
    [InlineData("TRUNCATE TABLE ks.t;;")]
    [InlineData("INSERT INTO t (d, e, f) VALUES (1y2mo3d, PT5H, P2020-01-02T03:04:05)")]
    [InlineData("INSERT INTO t (s) VALUES ($$it's$$)")]
    [InlineData("SELECT key, type, ttl, count, values, timestamp FROM t WHERE json = 1")]
    public void Good_statements_are_understood(string cql) => CqlParser.Parse(cql).Statement.Should().NotBeNull();

    [Theory]
    [InlineData("SELEC * FROM x", "line 1:0 no viable alternative at input 'SELEC'")]
    [InlineData("", "line 1:0 no viable alternative at input '<EOF>'")]
    [InlineData("SELECT * FROM", "line 1:13 mismatched input '<EOF>' expecting a table")]
    [InlineData("SELECT *\nFROM t\n  WHERE a 5", "line 3:10 mismatched input '5' expecting a comparison")]
    [InlineData("CREATE TABLE t (id int PRIMARY KEY", "line 1:34 mismatched input '<EOF>' expecting ')'")]
    [InlineData("INSERT INTO t (a) VALUES ('x)", "line 1:26 this string has no closing '")]
    [InlineData("SELECT * FROM t WHERE a = #", "line 1:26 unexpected character '#'")]
    [InlineData("SELECT * FROM t LIMIT 5 LIMIT 6", "line 1:24 mismatched input 'LIMIT' expecting EOF")]
    [InlineData("SELECT select FROM t", "line 1:7 mismatched input 'select' expecting a value")]
    [InlineData("INSERT INTO t (a) VALUES (0xZZ)", "line 1:28 'Z' is no hexadecimal digit")]
    [InlineData("/* never closed", "line 1:0 this comment has no closing */")]
    [InlineData("UPDATE t SET a = b + 1 WHERE k = 1", "*Only expressions of the form X = X <op> <value> are supported*")]
    [InlineData("CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "line 1:7 CREATE MATERIALIZED is not supported by the embedded cluster")]
    [InlineData("SELECT JSON * FROM t", "*SELECT JSON is not supported by the embedded cluster")]
    [InlineData("SELECT a FROM t GROUP BY a", "*GROUP BY is not supported by the embedded cluster")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY)", "*Multiple PRIMARY KEYs specified*")]
    [InlineData("BEGIN BATCH SELECT * FROM t APPLY BATCH", "line 1:12 mismatched input 'SELECT' expecting INSERT, UPDATE, DELETE or APPLY BATCH")]
    public void Bad_statements_say_where_and_what_was_expected(string cql, string message)
    {
        var parse = () => CqlParser.Parse(cql);

        parse.Should().Throw<CqlServerException>().WithMessage(message).Which.Error.Code.Should().Be(CqlErrorCode.SyntaxError);
    }

    [Fact]
    public void Markers_are_numbered_in_the_order_of_the_text()
    {
        var parsed = CqlParser.Parse("UPDATE t USING TTL ? SET a = :a, b = ? WHERE k = :\"K\"");

        parsed.Markers.Should().Equal(null, "a", null, "K");
    }

    [Fact]
    public void Deep_nesting_is_refused_and_does_not_overflow_the_stack()
    {
        var parse = () => CqlParser.Parse("INSERT INTO t (a) VALUES (" + new string('[', 100_000));

        parse.Should().Throw<CqlServerException>().WithMessage("*nest deeper than 128*");
    }
}
