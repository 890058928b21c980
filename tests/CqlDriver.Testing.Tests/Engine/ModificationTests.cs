using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Tests.Support;
using static CqlDriver.Testing.Tests.Support.CellText;

namespace CqlDriver.Testing.Tests.Engine;

public sealed class ModificationTests
{
    private readonly Database _db = new(
        "CREATE TYPE person (name text, age int)",
        "CREATE TABLE t (k int PRIMARY KEY, v int, w text)",
        "CREATE TABLE wide (p int, c int, v int, s int STATIC, PRIMARY KEY (p, c))",
        "CREATE TABLE many (k int PRIMARY KEY, l list<int>, s set<text>, m map<text, int>, u person, f frozen<list<int>>)",
        "CREATE TABLE counts (k int PRIMARY KEY, n counter)");

    [Fact]
    public void The_last_write_wins_by_timestamp_whatever_the_order()
    {
        _db.Run("INSERT INTO t (k, v) VALUES (1, 20) USING TIMESTAMP 20");
        _db.Run("INSERT INTO t (k, v) VALUES (1, 10) USING TIMESTAMP 10");
        _db.Rows("SELECT v, writetime(v) FROM t WHERE k = 1").Should().Equal("20 20");

        _db.Run("DELETE FROM t USING TIMESTAMP 15 WHERE k = 1");
        _db.Rows("SELECT v FROM t WHERE k = 1").Should().Equal("20");

        _db.Run("DELETE FROM t USING TIMESTAMP 20 WHERE k = 1");
        _db.Rows("SELECT v FROM t WHERE k = 1").Should().BeEmpty("a deletion wins over a write of the same microsecond");

        _db.Run("INSERT INTO t (k, v) VALUES (1, 5) USING TIMESTAMP 20");
        _db.Rows("SELECT v FROM t WHERE k = 1").Should().BeEmpty();
    }

    [Fact]
    public void Equal_timestamps_are_decided_by_the_greater_value()
    {
        _db.Run("INSERT INTO t (k, v) VALUES (1, 7) USING TIMESTAMP 20");
        _db.Run("INSERT INTO t (k, v) VALUES (1, 3) USING TIMESTAMP 20");

        _db.Rows("SELECT v FROM t").Should().Equal("7");
    }

    [Fact]
    public void An_inserted_row_lives_without_columns_and_an_updated_one_does_not()
    {
        _db.Run("INSERT INTO t (k) VALUES (1)");
        _db.Run("UPDATE t SET v = 1 WHERE k = 2");
        _db.Run("UPDATE t SET v = null WHERE k = 2");

        _db.Rows("SELECT * FROM t").Should().Equal("1 - -");
    }

    [Fact]
    public void Values_expire_by_the_clusters_clock()
    {
        _db.Run("INSERT INTO t (k, v) VALUES (1, 1) USING TTL 60");
        _db.Run("UPDATE t USING TTL 10 SET w = 'short' WHERE k = 1");
        _db.Rows("SELECT v, ttl(v), w, ttl(w) FROM t").Should().Equal("1 60 short 10");

        _db.Clock.Advance(TimeSpan.FromSeconds(10));
        _db.Rows("SELECT v, ttl(v), w FROM t").Should().Equal("1 50 -");

        _db.Clock.Advance(TimeSpan.FromSeconds(50));
        _db.Rows("SELECT * FROM t").Should().BeEmpty();
    }

    [Fact]
    public void A_tables_default_time_to_live_applies_unless_the_statement_says_otherwise()
    {
        _db.Run("CREATE TABLE brief (k int PRIMARY KEY, v int) WITH default_time_to_live = 30");
        _db.Run("INSERT INTO brief (k, v) VALUES (1, 1)");
        _db.Run("INSERT INTO brief (k, v) VALUES (2, 1) USING TTL 0");
        _db.Clock.Advance(TimeSpan.FromSeconds(30));

        _db.Rows("SELECT k FROM brief").Should().Equal("2");
    }

    [Fact]
    public void Unset_leaves_a_column_and_null_deletes_it()
    {
        _db.Run("INSERT INTO t (k, v, w) VALUES (1, 1, 'x')");
        _db.Run("INSERT INTO t (k, v, w) VALUES (?, ?, ?)", Int(1), CqlBytes.Unset, null);

        _db.Rows("SELECT * FROM t").Should().Equal("1 1 -");
        _db.Refusal("INSERT INTO t (k, v) VALUES (?, 1)", CqlBytes.Unset).Should().Be("Invalid unset value for column k");
    }

    [Fact]
    public void Ranges_of_rows_are_deleted_and_older_writes_stay_deleted()
    {
        foreach (var c in Enumerable.Range(0, 6))
        {
            _db.Run($"INSERT INTO wide (p, c, v) VALUES (1, {c}, {c}) USING TIMESTAMP 10");
        }

        _db.Run("DELETE FROM wide USING TIMESTAMP 20 WHERE p = 1 AND c > 1 AND c <= 3");
        _db.Run("INSERT INTO wide (p, c, v) VALUES (1, 2, 9) USING TIMESTAMP 15");
        _db.Run("INSERT INTO wide (p, c, v) VALUES (1, 3, 9) USING TIMESTAMP 25");
        _db.Rows("SELECT c, v FROM wide WHERE p = 1").Should().Equal("0 0", "1 1", "3 9", "4 4", "5 5");

        _db.Run("DELETE FROM wide WHERE p = 1 AND c IN (0, 5)");
        _db.Run("DELETE v FROM wide WHERE p = 1 AND c = 1");
        _db.Rows("SELECT c, v FROM wide WHERE p = 1").Should().Equal("1 -", "3 9", "4 4");

        _db.Run("DELETE FROM wide WHERE p = 1");
        _db.Rows("SELECT * FROM wide").Should().BeEmpty();
    }

    [Fact]
    public void Collections_change_element_by_element()
    {
        _db.Run("INSERT INTO many (k, l, s, m) VALUES (1, [2, 3], {'b', 'a'}, {'x': 1})");
        _db.Run("UPDATE many SET l = l + [4], s = s + {'c'}, m = m + {'y': 2} WHERE k = 1");
        _db.Run("UPDATE many SET l = [0, 1] + l, s = s - {'a'}, m['z'] = 3, m['x'] = null WHERE k = 1");
        _db.Rows("SELECT l, s, m FROM many").Should().Equal("[0,1,2,3,4] {b,c} {y,2,z,3}");

        _db.Run("UPDATE many SET l[1] = 9, l = l - [3] WHERE k = 1");
        _db.Run("DELETE l[0], m['y'], s['b'] FROM many WHERE k = 1");
        _db.Rows("SELECT l, s, m, m['z'] FROM many").Should().Equal("[9,2,4] {c} {z,3} 3");

        _db.Run("UPDATE many SET l = [7], s = {}, m = null WHERE k = 1");
        _db.Rows("SELECT l, s, m FROM many").Should().Equal("[7] - -");
        _db.Refusal("UPDATE many SET l[5] = 1 WHERE k = 1").Should().Be("List index 5 out of bound, list has size 1");
    }

    [Fact]
    public void User_types_change_field_by_field_unless_frozen()
    {
        _db.Run("INSERT INTO many (k, u, f) VALUES (1, {name: 'A', age: 1}, [1])");
        _db.Run("UPDATE many SET u.age = 2 WHERE k = 1");

        _db.Rows("SELECT u, u.age, f FROM many").Should().Equal("(A,2) 2 [1]");
        _db.Refusal("UPDATE many SET f = f + [2] WHERE k = 1").Should().Contain("frozen collection column f");
        _db.Refusal("INSERT INTO many (k, u) VALUES (1, {nick: 'x'})").Should().Be("Unknown field 'nick' in value of user defined type person");
    }

    [Fact]
    public void Counters_count()
    {
        _db.Run("UPDATE counts SET n = n + 5 WHERE k = 1");
        _db.Run("UPDATE counts SET n -= 2 WHERE k = 1");

        _db.Rows("SELECT n FROM counts").Should().Equal("3");
        _db.Refusal("UPDATE counts SET n = 1 WHERE k = 1").Should().Contain("Cannot set the value of counter column n");
        _db.Refusal("INSERT INTO counts (k, n) VALUES (1, 1)").Should().Be("INSERT statements are not allowed on counter tables, use UPDATE instead");
        _db.Refusal("UPDATE counts USING TTL 5 SET n = n + 1 WHERE k = 1").Should().Be("Cannot provide custom TTL for counter updates");
    }

    [Fact]
    public void Conditions_hold_or_the_answer_shows_why()
    {
        _db.Rows("INSERT INTO t (k, v, w) VALUES (1, 1, 'a') IF NOT EXISTS").Should().Equal("true");
        _db.Rows("INSERT INTO t (k, v, w) VALUES (1, 2, 'b') IF NOT EXISTS").Should().Equal("false 1 1 a");
        _db.Rows("UPDATE t SET v = 2 WHERE k = 1 IF v = 1 AND w IN ('a', 'b')").Should().Equal("true");
        _db.Rows("UPDATE t SET v = 3 WHERE k = 1 IF v = 1").Should().Equal("false 2");
        _db.Rows("UPDATE t SET v = 3 WHERE k = 9 IF EXISTS").Should().Equal("false");
        _db.Rows("UPDATE t SET v = 3 WHERE k = 9 IF v = null").Should().Equal("true");
        _db.Rows("DELETE FROM t WHERE k = 1 IF v > 1").Should().Equal("true");
        _db.Rows("SELECT k FROM t").Should().Equal("9");
        _db.Refusal("INSERT INTO t (k) VALUES (1) IF NOT EXISTS USING TIMESTAMP 5").Should().Be("Cannot provide custom timestamp for conditional updates");
    }

    [Fact]
    public void A_batch_with_conditions_is_all_or_nothing()
    {
        _db.Run("INSERT INTO wide (p, c, v) VALUES (1, 1, 1)");

        _db.Rows("BEGIN BATCH UPDATE wide SET v = 2 WHERE p = 1 AND c = 1 IF v = 9; INSERT INTO wide (p, c, v) VALUES (1, 2, 2); APPLY BATCH").Should().Equal("false 1 1 1");
        _db.Rows("SELECT c FROM wide").Should().Equal("1");
        _db.Rows("BEGIN BATCH UPDATE wide SET v = 2 WHERE p = 1 AND c = 1 IF v = 1; INSERT INTO wide (p, c, v) VALUES (1, 2, 2); APPLY BATCH").Should().Equal("true");
        _db.Rows("SELECT c, v FROM wide").Should().Equal("1 2", "2 2");
    }

    [Theory]
    [InlineData("BEGIN BATCH UPDATE counts SET n = n + 1 WHERE k = 1 APPLY BATCH", "Cannot include a counter statement in a logged batch")]
    [InlineData("BEGIN COUNTER BATCH INSERT INTO t (k) VALUES (1) APPLY BATCH", "Cannot include non-counter statement in a counter batch")]
    [InlineData("INSERT INTO t (v) VALUES (1)", "Some partition key parts are missing: k")]
    [InlineData("INSERT INTO wide (p, v) VALUES (1, 1)", "Some clustering keys are missing: c")]
    [InlineData("INSERT INTO t (k, v) VALUES (1)", "Unmatched column names/values")]
    [InlineData("INSERT INTO t (k, k) VALUES (1, 1)", "The column names contains duplicates (k)")]
    [InlineData("UPDATE t SET k = 2 WHERE k = 1", "PRIMARY KEY part k found in SET part")]
    [InlineData("UPDATE t SET v = v + 1 WHERE k = 1", "*for non counter column v")]
    [InlineData("UPDATE t SET v = 1 WHERE k = 1 AND w = 'x'", "Non PRIMARY KEY columns found in where clause: w")]
    [InlineData("UPDATE t SET v = 99999999999 WHERE k = 1", "Unable to make int from '99999999999'")]
    [InlineData("INSERT INTO t (k, v) VALUES (1, 1) USING TTL -1", "A TTL must be greater or equal to 0, but was -1")]
    [InlineData("INSERT INTO system.local (key) VALUES ('x')", "system keyspace is not user-modifiable.")]
    [InlineData("INSERT INTO many (k, l) VALUES (1, {1: 2})", "Invalid map literal for l of type list<int>")]
    public void What_cannot_be_written_is_refused_by_name(string cql, string message) => _db.Refusal(cql).Should().Match(message);

    [Fact]
    public void Truncate_forgets_all_rows()
    {
        _db.Run("INSERT INTO t (k) VALUES (1)");
        _db.Run("TRUNCATE t").Should().BeOfType<VoidResult>();

        _db.Rows("SELECT * FROM t").Should().BeEmpty();
    }
}
