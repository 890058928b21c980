using System.Net;
using System.Numerics;

namespace CqlDriver.Tests.Statements;

public sealed class StatementTests
{
    [Fact]
    public void With_methods_leave_the_statement_as_it_was()
    {
        var plain = new SimpleStatement("SELECT 1");

        var changed = plain.WithConsistency(ConsistencyLevel.All).WithPageSize(7).WithTimestamp(5).WithTimeout(TimeSpan.FromSeconds(1))
            .WithIdempotence(true).WithTracing().WithKeyspace("ks").WithNowInSeconds(9).WithSerialConsistency(ConsistencyLevel.LocalSerial)
            .WithCustomPayload(new Dictionary<string, byte[]?> { ["k"] = [1] }).WithPagingState(PagingState.FromBytes([1, 2]));

        plain.Consistency.Should().BeNull();
        plain.CustomPayload.Should().BeNull();
        changed.Cql.Should().Be("SELECT 1");
        changed.Consistency.Should().Be(ConsistencyLevel.All);
        changed.PageSize.Should().Be(7);
        changed.Timestamp.Should().Be(5);
        changed.Timeout.Should().Be(TimeSpan.FromSeconds(1));
        changed.IsIdempotent.Should().BeTrue();
        changed.IsTraced.Should().BeTrue();
        changed.Keyspace.Should().Be("ks");
        changed.NowInSeconds.Should().Be(9);
        changed.SerialConsistency.Should().Be(ConsistencyLevel.LocalSerial);
        changed.CustomPayload!["k"].Should().Equal(1);
        changed.PagingState.Should().Be(PagingState.FromBytes([1, 2]));
    }

    [Fact]
    public void A_copy_of_a_batch_has_statements_of_its_own()
    {
        var batch = new BatchStatement().Add("INSERT 1");

        var copy = batch.WithConsistency(ConsistencyLevel.One);
        copy.Add("INSERT 2");

        batch.Count.Should().Be(1);
        copy.Count.Should().Be(2);
    }

    [Fact]
    public void What_a_batch_cannot_carry_is_refused_when_it_is_added()
    {
        var named = SimpleStatement.WithNames("INSERT :a", new Dictionary<string, object?> { ["a"] = 1 });

        FluentActions.Invoking(() => new BatchStatement().Add(named)).Should().Throw<ArgumentException>().WithMessage("*positional*");
        FluentActions.Invoking(() => new BatchStatement().Add(new BatchStatement())).Should().Throw<ArgumentException>().WithMessage("*BatchStatement*");
    }

    [Fact]
    public void A_paging_state_survives_as_text_and_as_bytes()
    {
        var state = PagingState.FromBytes([0, 255, 62, 63, 1]);

        PagingState.Parse(state.ToString()).Should().Be(state);
        PagingState.FromBytes(state.Bytes.Span).Should().Be(state);
        FluentActions.Invoking(() => PagingState.Parse("not base64!")).Should().Throw<FormatException>();
        FluentActions.Invoking(() => PagingState.FromBytes([])).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Only_serial_levels_are_serial_consistency_levels() =>
        FluentActions.Invoking(() => new SimpleStatement("x").WithSerialConsistency(ConsistencyLevel.One)).Should().Throw<ArgumentOutOfRangeException>();

    public static TheoryData<object?, CqlType> NaturalTypes() => new()
    {
        { 1, CqlType.Int },
        { 1L, CqlType.Bigint },
        { (short)1, CqlType.Smallint },
        { (sbyte)1, CqlType.Tinyint },
        { 1.5f, CqlType.Float },
        { 1.5, CqlType.Double },
        { 1.5m, CqlType.Decimal },
        { BigInteger.One, CqlType.Varint },
        { "a", CqlType.Text },
        { true, CqlType.Boolean },
        { Guid.Empty, CqlType.Uuid },
        { new DateOnly(2020, 1, 1), CqlType.Date },
        { new TimeOnly(1, 2), CqlType.Time },
        { DateTimeOffset.UnixEpoch, CqlType.Timestamp },
        { new byte[] { 1 }, CqlType.Blob },
        { IPAddress.Loopback, CqlType.Inet },
        { DayOfWeek.Friday, CqlType.Int },
        { new List<int> { 1 }, CqlType.List(CqlType.Int) },
        { new[] { "a" }, CqlType.List(CqlType.Text) },
        { new HashSet<long> { 1 }, CqlType.Set(CqlType.Bigint) },
        { new Dictionary<string, int> { ["a"] = 1 }, CqlType.Map(CqlType.Text, CqlType.Int) },
        { (1, "a"), CqlType.Tuple(CqlType.Int, CqlType.Text) },
        { new List<List<Guid>> { new() { Guid.Empty } }, CqlType.List(CqlType.List(CqlType.Uuid)) },
    };

    [Theory]
    [MemberData(nameof(NaturalTypes))]
    public void A_value_of_a_simple_statement_has_its_natural_type(object? value, CqlType type) => NaturalType.Of(value).Should().Be(type);

    [Fact]
    public void A_value_without_a_natural_type_says_to_prepare() =>
        FluentActions.Invoking(() => NaturalType.Of(new object())).Should().Throw<ArgumentException>().WithMessage("*Prepare the statement*");
}
