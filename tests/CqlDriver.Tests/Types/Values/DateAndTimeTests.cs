namespace CqlDriver.Tests.Types.Values;

public sealed class DateAndTimeTests
{
    [Theory]
    [InlineData(0, "1970-01-01")]
    [InlineData(-1, "1969-12-31")]
    [InlineData(11_016, "2000-02-29")]
    [InlineData(-719_162, "0001-01-01")]
    [InlineData(-719_163, "0000-12-31")]
    [InlineData(2_932_896, "9999-12-31")]
    [InlineData(2_932_897, "+10000-01-01")]
    [InlineData(int.MinValue, "-5877641-06-23")]
    [InlineData(int.MaxValue, "+5881580-07-11")]
    public void Dates_print_in_the_proleptic_calendar(int days, string text) => new CqlDate(days).ToString().Should().Be(text);

    [Fact]
    public void Each_day_that_DateOnly_holds_converts_and_prints_as_DateOnly_does()
    {
        for (var number = 0; number <= DateOnly.MaxValue.DayNumber; number += 97)
        {
            var day = DateOnly.FromDayNumber(number);
            CqlDate date = day;
            date.ToDateOnly().Should().Be(day);
            (date.ToString() == day.ToString("O")).Should().BeTrue();
        }

        new CqlDate(int.MinValue).FitsDateOnly.Should().BeFalse();
        FluentActions.Invoking(() => new CqlDate(2_932_897).ToDateOnly()).Should().Throw<OverflowException>();
        (new CqlDate(-1) < new CqlDate(1)).Should().BeTrue();
    }

    [Fact]
    public void Times_keep_nanoseconds_and_say_when_TimeOnly_cannot()
    {
        var fine = new CqlTime(48_654_234_567_891);
        fine.ToString().Should().Be("13:30:54.234567891");
        fine.FitsTimeOnly.Should().BeFalse();
        FluentActions.Invoking(() => fine.ToTimeOnly()).Should().Throw<OverflowException>();
        CqlTime coarse = new TimeOnly(13, 30, 54, 234, 567);
        coarse.ToTimeOnly().Should().Be(new TimeOnly(13, 30, 54, 234, 567));
        (coarse < fine).Should().BeTrue();
        FluentActions.Invoking(() => new CqlTime(CqlTime.NanosecondsPerDay)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new CqlTime(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
