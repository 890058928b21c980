using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Tests.Support;
using static CqlDriver.Testing.Tests.Support.CellText;

namespace CqlDriver.Testing.Tests.Engine;

public sealed class SelectTests
{
    private readonly Database _db = new("CREATE TABLE t (p int, c int, d text, s text STATIC, v int, PRIMARY KEY (p, c, d)) WITH CLUSTERING ORDER BY (c DESC, d ASC)");

    public SelectTests()
    {
        for (var p = 0; p < 3; p++)
        {
            for (var c = 0; c < 3; c++)
            {
                _db.Run($"INSERT INTO t (p, c, d, v) VALUES ({p}, {c}, 'a', {p * 10 + c})");
                _db.Run($"INSERT INTO t (p, c, d, v) VALUES ({p}, {c}, 'b', {p * 10 + c})");
            }
        }
    }

    [Theory]
    [InlineData("p = 1", "2a 2b 1a 1b 0a 0b")]
    [InlineData("p = 1 AND c = 1", "1a 1b")]
    [InlineData("p = 1 AND c = 1 AND d = 'b'", "1b")]
    [InlineData("p = 1 AND c > 0", "2a 2b 1a 1b")]
    [InlineData("p = 1 AND c >= 0 AND c < 2", "1a 1b 0a 0b")]
    [InlineData("p = 1 AND c IN (0, 2, 0)", "2a 2b 0a 0b")]
    [InlineData("p = 1 AND c IN (0, 2) AND d > 'a'", "2b 0b")]
    [InlineData("p = 1 AND (c, d) IN ((0, 'a'), (2, 'b'))", "2b 0a")]
    [InlineData("p = 1 AND (c) > (1)", "2a 2b")]
    [InlineData("p = 1 AND c = 2 AND (d) >= ('b')", "2b")]
    [InlineData("p = 1 AND d = 'b' ALLOW FILTERING", "2b 1b 0b")]
    [InlineData("p = 1 AND v = 11 ALLOW FILTERING", "1a 1b")]
    [InlineData("p = 1 AND c > 5", "")]
    [InlineData("p = 9", "")]
    public void Rows_come_in_clustering_order_within_what_the_key_restricts(string where, string expected) =>
        string.Join(' ', _db.Rows($"SELECT c, d FROM t WHERE {where}").Select(row => row.Replace(" ", "", StringComparison.Ordinal))).Should().Be(expected);

    [Fact]
    public void Partitions_come_in_the_order_of_their_tokens()
    {
        // Tokens of 0, 1 and 2 as int keys: -3485513579396041028, -4069959284402364209, -3248873570005575792.
        _db.Rows("SELECT DISTINCT p FROM t").Should().Equal("1", "0", "2");
        _db.Rows("SELECT DISTINCT p, token(p) FROM t").Should().Equal("1 -4069959284402364209", "0 -3485513579396041028", "2 -3248873570005575792");
        _db.Rows("SELECT DISTINCT p FROM t WHERE token(p) > -4069959284402364209 AND token(p) <= -3248873570005575792").Should().Equal("0", "2");
        _db.Rows("SELECT p FROM t WHERE p IN (2, 1, 1) AND c = 0 AND d = 'a'").Should().Equal("1", "2");
    }

    [Fact]
    public void Order_by_turns_the_clustering_order_and_merges_partitions()
    {
        _db.Rows("SELECT c, d FROM t WHERE p = 1 ORDER BY c ASC, d DESC").Should().Equal("0 b", "0 a", "1 b", "1 a", "2 b", "2 a");
        _db.Rows("SELECT p, c FROM t WHERE p IN (1, 2) AND d = 'a' ORDER BY c ASC LIMIT 3 ALLOW FILTERING").Should().Equal("1 0", "2 0", "1 1");
    }

    [Fact]
    public void Limits_cut_the_whole_and_each_partition()
    {
        _db.Rows("SELECT p, c FROM t PER PARTITION LIMIT 1").Should().Equal("1 2", "0 2", "2 2");
        _db.Rows("SELECT p, c FROM t PER PARTITION LIMIT 2 LIMIT ?", Int(3)).Should().Equal("1 2", "1 2", "0 2");
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(4, "")]
    [InlineData(5, " PER PARTITION LIMIT 4")]
    [InlineData(3, " LIMIT 7")]
    [InlineData(100, "")]
    public void Pages_together_are_the_whole(int pageSize, string limits)
    {
        var cql = $"SELECT p, c, d FROM t{limits}";
        var whole = _db.Rows(cql);
        var paged = new List<string>();
        byte[]? state = null;
        do
        {
            var page = (RowsResult)_db.Run(cql, pageSize, state);
            page.Rows.Count.Should().BeLessThanOrEqualTo(pageSize);
            paged.AddRange(Database.Show(page));
            state = page.PagingState;
        }
        while (state is not null);

        paged.Should().Equal(whole);
    }

    [Fact]
    public void Reversed_pages_and_rows_added_meanwhile_do_not_repeat_anything()
    {
        const string Cql = "SELECT c FROM t WHERE p = 1 AND d = 'a' ORDER BY c ASC ALLOW FILTERING";
        var first = (RowsResult)_db.Run(Cql, 2, null);
        _db.Run("INSERT INTO t (p, c, d, v) VALUES (1, -1, 'a', 0)");

        Database.Show(first).Should().Equal("0", "1");
        Database.Show((RowsResult)_db.Run(Cql, 2, first.PagingState)).Should().Equal("2");
    }

    [Fact]
    public void A_paging_state_that_is_cut_changed_or_foreign_is_a_protocol_error()
    {
        _db.Run("CREATE TABLE other (p int, c int, d text, PRIMARY KEY (p, c, d))");
        var state = ((RowsResult)_db.Run("SELECT * FROM t", 2, null)).PagingState!;
        for (var i = 0; i < state.Length; i++)
        {
            var changed = state.ToArray();
            changed[i] ^= 1;
            Refused("SELECT * FROM t", changed);
            Refused("SELECT * FROM t", state[..i]);
        }

        Refused("SELECT * FROM other", state);

        void Refused(string cql, byte[] bad) => ((Func<EngineResult>)(() => _db.Run(cql, 2, bad)))
            .Should().Throw<CqlServerException>().WithMessage("Invalid value for the paging state").Which.Error.Code.Should().Be(CqlErrorCode.ProtocolError);
    }

    [Fact]
    public void Static_columns_belong_to_the_partition()
    {
        _db.Run("UPDATE t SET s = 'shared' WHERE p = 1");
        _db.Run("INSERT INTO t (p, s) VALUES (7, 'alone')");

        _db.Rows("SELECT DISTINCT p, s FROM t WHERE p = 1").Should().Equal("1 shared");
        _db.Rows("SELECT c, s FROM t WHERE p = 1 LIMIT 2").Should().Equal("2 shared", "2 shared");
        _db.Rows("SELECT * FROM t WHERE p = 7").Should().Equal("7 - - alone -");
    }

    [Theory]
    [InlineData("SELECT count(*), min(v), max(v), sum(v), avg(v) FROM t WHERE p = 1", "6 10 12 66 11")]
    [InlineData("SELECT count(s) AS n FROM t WHERE p = 1", "0")]
    [InlineData("SELECT count(*) FROM t WHERE p = 9", "0")]
    [InlineData("SELECT sum(v), max(v) FROM t WHERE p = 9", "0 -")]
    public void Aggregates_make_one_row(string cql, string expected) => _db.Rows(cql).Should().Equal(expected);

    [Theory]
    [InlineData("SELECT * FROM t WHERE v = 1", "*use ALLOW FILTERING*")]
    [InlineData("SELECT * FROM t WHERE c = 1", "*use ALLOW FILTERING*")]
    [InlineData("SELECT * FROM t WHERE p = 1 AND d = 'a'", "PRIMARY KEY column \"d\" cannot be restricted as preceding column \"c\" is not restricted")]
    [InlineData("SELECT nope FROM t", "Undefined column name nope in table ks.t")]
    [InlineData("SELECT * FROM nope", "table nope does not exist")]
    [InlineData("SELECT * FROM nowhere.t", "keyspace nowhere does not exist")]
    [InlineData("SELECT DISTINCT v FROM t", "SELECT DISTINCT queries must only request partition key columns and/or static columns (not v)")]
    [InlineData("SELECT * FROM t ORDER BY c", "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.")]
    [InlineData("SELECT * FROM t WHERE p = 1 ORDER BY d", "Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY")]
    [InlineData("SELECT * FROM t WHERE p = 1 ORDER BY c ASC, d ASC", "Unsupported order by relation")]
    [InlineData("SELECT * FROM t LIMIT 0", "LIMIT must be strictly positive")]
    [InlineData("SELECT * FROM t WHERE p = 'x'", "Invalid STRING constant (x) for \"p\" of type int")]
    [InlineData("SELECT * FROM t WHERE p = null", "Invalid null value in condition for column p")]
    [InlineData("SELECT * FROM t WHERE p = 1 AND p = 2", "p cannot be restricted by more than one relation if it includes an Equal")]
    [InlineData("SELECT writetime(p) FROM t", "Cannot use selection function writetime on PRIMARY KEY part p")]
    [InlineData("SELECT nofunction(p) FROM t", "Unknown function 'nofunction' with 1 argument(s)")]
    public void What_cannot_be_asked_is_refused_by_name(string cql, string message) => _db.Refusal(cql).Should().Match(message);

    [Fact]
    public void Markers_learn_names_and_types_from_where_they_stand()
    {
        var plan = _db.Engine.Prepare("SELECT v FROM t WHERE p = ? AND c IN ? AND d > :low LIMIT ?", "ks");

        plan.Variables.Select(variable => $"{variable.Name} {variable.Type}").Should().Equal("p int", "in(c) list<int>", "low text", "[limit] int");
        plan.PartitionKeyIndexes.Should().Equal(0);
    }

    [Fact]
    public void Bound_values_are_checked_by_their_types()
    {
        _db.Refusal("SELECT * FROM t WHERE p = ?", [1, 2]).Should().Be("Expected 4 or 0 byte int (2)");
        _db.Rows("SELECT c FROM t WHERE p = 1 AND c IN ? AND d = ?", [0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0], Text("a")).Should().Equal("2", "0");
    }
}
