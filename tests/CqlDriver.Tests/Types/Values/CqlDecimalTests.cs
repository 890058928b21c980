using System.Numerics;

namespace CqlDriver.Tests.Types.Values;

public sealed class CqlDecimalTests
{
    public static TheoryData<decimal> Decimals => [0m, 0.00m, 1m, -1m, 1.10m, decimal.MaxValue, decimal.MinValue, 0.0000000000000000000000000001m, 123456789.987654321m];

    [Theory]
    [MemberData(nameof(Decimals))]
    public void Decimals_convert_there_and_back_with_their_scale(decimal value)
    {
        CqlDecimal number = value;
        number.ToDecimal().Should().Be(value);
        decimal.GetBits(number.ToDecimal()).Should().Equal(decimal.GetBits(value));
        number.ToString().Should().Match(text => CqlDecimal.Parse(text) == number);
    }

    [Fact]
    public void What_decimal_cannot_hold_exactly_is_an_overflow()
    {
        new CqlDecimal(BigInteger.Pow(10, 40), 30).ToDecimal().Should().Be(10_000_000_000m, "zeros can go");
        new CqlDecimal(5, -10).ToDecimal().Should().Be(50_000_000_000m);
        new CqlDecimal(0, int.MaxValue).ToDecimal().Should().Be(0m);
        new CqlDecimal(0, int.MinValue).ToDecimal().Should().Be(0m);
        foreach (var number in new CqlDecimal[] { new(1, 29), new(1, -29), new(BigInteger.Pow(2, 96), 0), new(1, int.MaxValue), new(7, int.MinValue), new(BigInteger.Pow(10, 30) + 1, 10) })
        {
            number.TryToDecimal(out _).Should().BeFalse();
            FluentActions.Invoking(() => (decimal)number).Should().Throw<OverflowException>();
        }
    }

    [Theory]
    [InlineData("1.0", "1.00", 0)]
    [InlineData("100", "1E+2", 0)]
    [InlineData("-1.5", "-1.49", -1)]
    [InlineData("1E+2000000000", "9E+1999999999", 1)]
    [InlineData("-1E+2000000000", "1E-2000000000", -1)]
    [InlineData("0", "0E+10", 0)]
    [InlineData("0", "1E-2000000000", -1)]
    [InlineData("9.99", "10", -1)]
    [InlineData("123456789012345678901234567890.1", "123456789012345678901234567890.10", 0)]
    public void Order_and_equality_are_numeric(string left, string right, int expected)
    {
        var (a, b) = (CqlDecimal.Parse(left), CqlDecimal.Parse(right));
        a.CompareTo(b).Should().Be(expected);
        b.CompareTo(a).Should().Be(-expected);
        a.Equals(b).Should().Be(expected == 0);
        if (expected == 0)
        {
            a.GetHashCode().Should().Be(b.GetHashCode());
        }
    }

    [Theory]
    [InlineData("0.000001", 1, 6, "0.000001")]
    [InlineData("1e-7", 1, 7, "1E-7")]
    [InlineData("12.340", 12340, 3, "12.340")]
    [InlineData("-0.5", -5, 1, "-0.5")]
    [InlineData(".5", 5, 1, "0.5")]
    [InlineData("1.25E+10", 125, -8, "1.25E+10")]
    public void Text_keeps_digits_and_scale(string text, int unscaled, int scale, string formatted)
    {
        var number = CqlDecimal.Parse(text);
        (number.Unscaled, number.Scale).Should().Be((unscaled, scale));
        number.ToString().Should().Be(formatted);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("1.-2")]
    [InlineData("1e")]
    [InlineData("1E99999999999")]
    [InlineData("NaN")]
    [InlineData("0x1")]
    public void Text_that_is_no_number_is_refused(string text) => CqlDecimal.TryParse(text, out _).Should().BeFalse();
}
