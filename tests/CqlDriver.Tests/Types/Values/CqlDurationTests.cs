namespace CqlDriver.Tests.Types.Values;

public sealed class CqlDurationTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData("1y2mo3w4d5h6m7s8ms9us10ns", 14, 25, 18_367_008_009_010)]
    [InlineData("-1y2mo", -14, 0, 0)]
    [InlineData("12MO", 12, 0, 0)]
    [InlineData("90m", 0, 0, 5400 * Second)]
    [InlineData("9µs", 0, 0, 9_000)]
    [InlineData("0ns", 0, 0, 0)]
    [InlineData("P1Y2M4DT5H6M7.008S", 14, 4, 18_367_008_000_000)]
    [InlineData("PT0.000000001S", 0, 0, 1)]
    [InlineData("-P3W", 0, -21, 0)]
    [InlineData("PT0S", 0, 0, 0)]
    [InlineData("P0001-02-03T04:05:06", 14, 3, 14_706 * Second)]
    [InlineData("-2147483648mo2147483648d9223372036854775808ns", int.MinValue, int.MinValue, long.MinValue)]
    public void Text_forms_of_CQL_are_read(string text, int months, int days, long nanoseconds) =>
        CqlDuration.Parse(text).Should().Be(new CqlDuration(months, days, nanoseconds));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1YT")]
    [InlineData("1")]
    [InlineData("1d1y")]
    [InlineData("1d 2h")]
    [InlineData("--1d")]
    [InlineData("2147483648mo")]
    [InlineData("9223372036854775808ns")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999h")]
    public void Anything_else_is_refused(string text)
    {
        CqlDuration.TryParse(text, out _).Should().BeFalse();
        FluentActions.Invoking(() => CqlDuration.Parse(text)).Should().Throw<FormatException>();
    }

    [Theory]
    [InlineData(14, 25, 18_367_008_009_010, "1y2mo25d5h6m7s8ms9us10ns", "P1Y2M25DT5H6M7.00800901S")]
    [InlineData(-1, 0, -1, "-1mo1ns", "-P1MT0.000000001S")]
    [InlineData(0, 0, 0, "0ns", "PT0S")]
    [InlineData(0, 3, 0, "3d", "P3D")]
    [InlineData(int.MinValue, int.MinValue, long.MinValue, "-178956970y8mo2147483648d2562047h47m16s854ms775us808ns", "-P178956970Y8M2147483648DT2562047H47M16.854775808S")]
    public void Formats_read_back_as_the_same(int months, int days, long nanoseconds, string text, string iso)
    {
        var duration = new CqlDuration(months, days, nanoseconds);
        duration.ToString().Should().Be(text);
        duration.ToIsoString().Should().Be(iso);
        CqlDuration.Parse(text).Should().Be(duration);
        CqlDuration.Parse(iso).Should().Be(duration);
    }

    [Fact]
    public void Signs_are_not_mixed()
    {
        FluentActions.Invoking(() => new CqlDuration(1, -1, 0)).Should().Throw<ArgumentException>();
        Wire.Refused(() => Wire.Read<CqlDuration>(CqlType.Duration, [2, 1, 0])).Message.Should().Contain("malformed");
    }

    [Fact]
    public void Time_spans_become_nanoseconds()
    {
        CqlDuration.FromTimeSpan(TimeSpan.FromHours(-25)).Should().Be(new CqlDuration(0, 0, -25L * 3600 * Second));
        FluentActions.Invoking(() => CqlDuration.FromTimeSpan(TimeSpan.MaxValue)).Should().Throw<OverflowException>();
    }
}
