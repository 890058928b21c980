using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests.Engine;

public sealed class SchemaTests
{
    private readonly Database _db = new();

    [Fact]
    public void Every_change_of_the_schema_changes_its_version_and_says_what_it_was()
    {
        var versions = new List<Guid> { _db.Engine.Schema.Version };
        foreach (var (cql, change) in new[]
        {
            ("CREATE TYPE p (a int)", "CREATED TYPE ks.p"), ("CREATE TABLE t (k int PRIMARY KEY, u p)", "CREATED TABLE ks.t"), ("ALTER TYPE p ADD b text", "UPDATED TYPE ks.p"),
            ("ALTER TABLE t ADD v int", "UPDATED TABLE ks.t"), ("CREATE INDEX ON t (v)", "UPDATED TABLE ks.t"), ("DROP INDEX t_v_idx", "UPDATED TABLE ks.t"),
            ("DROP TABLE t", "DROPPED TABLE ks.t"), ("DROP TYPE p", "DROPPED TYPE ks.p"), ("ALTER KEYSPACE ks WITH durable_writes = false", "UPDATED KEYSPACE ks."),
            ("DROP KEYSPACE ks", "DROPPED KEYSPACE ks."),
        })
        {
            var result = (SchemaChangeResult)_db.Run(cql);
            $"{result.Change} {result.Target} {result.Keyspace}.{result.Name}".Should().Be(change);
            versions.Add(_db.Engine.Schema.Version);
        }

        versions.Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData("CREATE KEYSPACE IF NOT EXISTS ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")]
    [InlineData("DROP TABLE IF EXISTS nope")]
    [InlineData("DROP KEYSPACE IF EXISTS nope")]
    [InlineData("DROP TYPE IF EXISTS nope")]
    public void What_is_so_already_changes_nothing(string cql)
    {
        var before = _db.Engine.Schema;

        _db.Run(cql).Should().BeOfType<VoidResult>();
        _db.Engine.Schema.Should().BeSameAs(before);
    }

    [Theory]
    [InlineData("CREATE TABLE t (a int)", "No PRIMARY KEY specifed for table 'ks.t' (exactly one required)")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, a int)", "Duplicate column 'a' declaration for table 'ks.t'")]
    [InlineData("CREATE TABLE t (a int, PRIMARY KEY (b))", "Unknown column 'b' referenced in PRIMARY KEY for table 'ks.t'")]
    [InlineData("CREATE TABLE t (a list<int> PRIMARY KEY)", "Invalid non-frozen collection type list<int> for PRIMARY KEY column 'a'")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, l list<set<int>>)", "Non-frozen collections are not allowed inside collections: list<set<int>>")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, u nope)", "Unknown type ks.nope")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, n counter, v int)", "Cannot mix counter and non counter columns in the same table")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY, s int STATIC)", "Static columns are only useful*")]
    [InlineData("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b)) WITH CLUSTERING ORDER BY (a DESC)", "The order of columns in the CLUSTERING ORDER*")]
    [InlineData("CREATE TABLE t (a int PRIMARY KEY) WITH nonsense = 1", "Unknown property 'nonsense'")]
    [InlineData("CREATE TABLE nowhere.t (a int PRIMARY KEY)", "Keyspace 'nowhere' doesn't exist")]
    [InlineData("CREATE KEYSPACE k WITH replication = {'class': 'NoSuchStrategy'}", "Unable to find replication strategy class 'org.apache.cassandra.locator.NoSuchStrategy'")]
    [InlineData("DROP TABLE system.local", "system keyspace is not user-modifiable.")]
    [InlineData("USE nowhere", "Keyspace 'nowhere' does not exist")]
    public void What_cannot_be_is_refused_by_name(string cql, string message) => _db.Refusal(cql).Should().Match(message);

    [Fact]
    public void A_dropped_column_takes_its_values_with_it_even_when_it_comes_back()
    {
        _db.Run("CREATE TABLE t (k int PRIMARY KEY, v int)");
        _db.Run("INSERT INTO t (k, v) VALUES (1, 1)");
        _db.Run("ALTER TABLE t DROP v");
        _db.Run("ALTER TABLE t ADD v int");

        _db.Rows("SELECT * FROM t").Should().Equal("1 -");
    }

    [Fact]
    public void Values_of_a_type_that_grew_have_null_in_the_new_field()
    {
        _db.Run("CREATE TYPE p (a int)");
        _db.Run("CREATE TABLE t (k int PRIMARY KEY, u frozen<p>)");
        _db.Run("INSERT INTO t (k, u) VALUES (1, {a: 1})");
        _db.Run("ALTER TYPE p ADD b text");

        _db.Rows("SELECT u FROM t").Should().Equal("(1,-)");
        _db.Refusal("DROP TYPE p").Should().Contain("still used by table ks.t, column u");
    }

    [Fact]
    public void A_plan_is_out_of_date_when_its_table_changed_in_a_way_it_can_see()
    {
        _db.Run("CREATE TABLE t (k int PRIMARY KEY, v int)");
        var plan = _db.Engine.Prepare("SELECT * FROM t", "ks");
        _db.Run("ALTER TABLE t WITH comment = 'nothing that matters'");
        plan.IsCurrent(_db.Engine.Schema).Should().BeTrue();

        _db.Run("ALTER TABLE t ADD w int");
        plan.IsCurrent(_db.Engine.Schema).Should().BeFalse();
        _db.Engine.TryExecute(plan, _db.Scope()).Should().BeNull();
    }
}
