using System.Net;
using System.Numerics;

namespace CqlDriver.Tests.Types;

/// <summary>What fits, what does not, and what is said about it.</summary>
public sealed class ConversionTests
{
    private enum Color : short
    {
        Red = 1,
        Green = 300,
    }

    [Fact]
    public void Extremes_of_every_type_survive()
    {
        Same(CqlType.Tinyint, sbyte.MinValue, sbyte.MaxValue);
        Same(CqlType.Smallint, short.MinValue, short.MaxValue);
        Same(CqlType.Int, int.MinValue, int.MaxValue);
        Same(CqlType.Bigint, long.MinValue, long.MaxValue);
        Same(CqlType.Counter, long.MinValue, long.MaxValue);
        Same(CqlType.Varint, BigInteger.Pow(2, 3000), -BigInteger.Pow(2, 3000));
        Same(CqlType.Float, float.MinValue, float.MaxValue, float.Epsilon, float.NaN, float.NegativeInfinity);
        Same(CqlType.Double, double.MinValue, double.MaxValue, double.Epsilon, double.NaN, double.PositiveInfinity);
        Same(CqlType.Decimal, decimal.MinValue, decimal.MaxValue, 0.0000000000000000000000000001m);
        Same(CqlType.Decimal, new CqlDecimal(1, int.MaxValue), new CqlDecimal(-1, int.MinValue));
        Same(CqlType.Date, DateOnly.MinValue, DateOnly.MaxValue);
        Same(CqlType.Date, new CqlDate(int.MinValue), new CqlDate(int.MaxValue));
        Same(CqlType.Time, TimeOnly.MinValue, TimeOnly.MaxValue);
        Same(CqlType.Time, new CqlTime(0), new CqlTime(CqlTime.NanosecondsPerDay - 1));
        Same(CqlType.Timestamp, DateTimeOffset.MinValue, DateTimeOffset.UnixEpoch);
        Same(CqlType.Timestamp, long.MinValue, long.MaxValue);
        Same(CqlType.Duration, new CqlDuration(int.MinValue, int.MinValue, long.MinValue), new CqlDuration(int.MaxValue, int.MaxValue, long.MaxValue));
        Same(CqlType.Inet, IPAddress.Any, IPAddress.IPv6Any, IPAddress.Broadcast);
        Same(CqlType.Uuid, Guid.Empty, Guid.AllBitsSet);
        Same(CqlType.Text, "", new string('x', 100_000), "\0", "z\u0301 \ud83d\ude00");
        Same(CqlType.Ascii, "", "~");
        Same(CqlType.Boolean, true, false);
    }

    [Fact]
    public void Every_integer_type_reads_every_integer_column_when_the_number_fits()
    {
        foreach (var type in new[] { CqlType.Tinyint, CqlType.Smallint, CqlType.Int, CqlType.Bigint, CqlType.Counter, CqlType.Varint })
        {
            var content = Wire.Content(type, (sbyte)100);
            Wire.Read<sbyte>(type, content).Should().Be(100);
            Wire.Read<byte>(type, content).Should().Be(100);
            Wire.Read<short>(type, content).Should().Be(100);
            Wire.Read<ushort>(type, content).Should().Be(100);
            Wire.Read<int>(type, content).Should().Be(100);
            Wire.Read<uint>(type, content).Should().Be(100);
            Wire.Read<long>(type, content).Should().Be(100);
            Wire.Read<ulong>(type, content).Should().Be(100);
            Wire.Read<BigInteger>(type, content).Should().Be(100);
            Wire.Content(type, (BigInteger)100).Should().Equal(content);
            Wire.Content<object>(type, 100).Should().Equal(content);
        }
    }

    [Fact]
    public void Numbers_that_do_not_fit_are_refused_in_both_directions()
    {
        Wire.Refused(() => Wire.Write(CqlType.Int, 1L << 31)).Reason.Should().Be("long cannot be written as int: the number is out of range.");
        Wire.Refused(() => Wire.Write(CqlType.Tinyint, (byte)200));
        Wire.Refused(() => Wire.Write(CqlType.Smallint, 40_000));
        Wire.Refused(() => Wire.Write(CqlType.Bigint, ulong.MaxValue));
        Wire.Refused(() => Wire.Write(CqlType.Bigint, BigInteger.Pow(2, 63)));
        Wire.Refused(() => Wire.Read<int>(CqlType.Bigint, Wire.Content(CqlType.Bigint, long.MaxValue)))
            .Reason.Should().Be("bigint cannot be read as int: the number is out of range.");
        Wire.Refused(() => Wire.Read<uint>(CqlType.Int, Wire.Content(CqlType.Int, -1)));
        Wire.Refused(() => Wire.Read<long>(CqlType.Varint, Wire.Content(CqlType.Varint, BigInteger.Pow(10, 30))));
        Wire.Refused(() => Wire.Read<decimal>(CqlType.Decimal, Wire.Content(CqlType.Decimal, new CqlDecimal(1, 29))));
        Wire.Refused(() => Wire.Read<decimal>(CqlType.Decimal, Wire.Content(CqlType.Decimal, new CqlDecimal(1, int.MinValue))));
        Wire.Refused(() => Wire.Read<float>(CqlType.Double, Wire.Content(CqlType.Double, 0.5)));
        Wire.Refused(() => Wire.Write(CqlType.Float, 0.5));
        Wire.Read<double>(CqlType.Float, Wire.Content(CqlType.Float, 0.1f)).Should().Be(0.1f);
    }

    [Fact]
    public void Dates_and_times_that_do_not_fit_name_the_type_that_does()
    {
        Wire.Refused(() => Wire.Read<DateOnly>(CqlType.Date, Wire.Content(CqlType.Date, new CqlDate(int.MaxValue)))).Message.Should().Contain("CqlDate");
        Wire.Refused(() => Wire.Read<TimeOnly>(CqlType.Time, Wire.Content(CqlType.Time, new CqlTime(101)))).Message.Should().Contain("CqlTime");
        Wire.Refused(() => Wire.Read<DateTimeOffset>(CqlType.Timestamp, Wire.Content(CqlType.Timestamp, long.MaxValue))).Message.Should().Contain("long");
        Wire.Refused(() => Wire.Read<DateTime>(CqlType.Timestamp, Wire.Content(CqlType.Timestamp, long.MinValue))).Message.Should().Contain("long");
        Wire.Refused(() => Wire.Write(CqlType.Time, -1L));
        Wire.Refused(() => Wire.Write(CqlType.Time, CqlTime.NanosecondsPerDay));
        Wire.Refused(() => Wire.Read<CqlTime>(CqlType.Time, [255, 255, 255, 255, 255, 255, 255, 255]));
        Wire.Refused(() => Wire.Write(CqlType.Timestamp, new DateTime(2024, 1, 1))).Message.Should().Contain("Unspecified");
    }

    [Fact]
    public void Timestamps_are_instants_in_milliseconds()
    {
        var local = new DateTimeOffset(2024, 5, 6, 7, 8, 9, 10, TimeSpan.FromHours(5.5)).AddTicks(9_999);
        Wire.Through(CqlType.Timestamp, local).Should().Be(local.AddTicks(-9_999)).And.BeExactly(local.AddTicks(-9_999).ToUniversalTime());
        var utc = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        var read = Wire.Through(CqlType.Timestamp, utc);
        (read, read.Kind).Should().Be((utc, DateTimeKind.Utc));
        Wire.Content(CqlType.Timestamp, utc.ToLocalTime()).Should().Equal(Wire.Content(CqlType.Timestamp, utc));
        Wire.Through(CqlType.Timestamp, DateTimeOffset.UnixEpoch.AddTicks(-1)).Should().Be(DateTimeOffset.UnixEpoch.AddMilliseconds(-1), "what is finer is cut off towards the past");
    }

    [Fact]
    public void Texts_and_addresses_that_the_type_cannot_hold_are_refused()
    {
        Wire.Refused(() => Wire.Write(CqlType.Text, "\ud800")).Message.Should().Contain("surrogate");
        Wire.Refused(() => Wire.Write(CqlType.Ascii, "é")).Message.Should().Contain("US-ASCII");
        Wire.Refused(() => Wire.Read<string>(CqlType.Text, [0xC3])).Message.Should().Contain("UTF-8");
        Wire.Refused(() => Wire.Read<string>(CqlType.Ascii, [0xC3]));
        Wire.Refused(() => Wire.Read<IPAddress>(CqlType.Inet, [1, 2, 3]));
        Wire.Refused(() => Wire.Write(CqlType.Inet, IPAddress.Parse("fe80::1%3"))).Message.Should().Contain("scope");
        Wire.Refused(() => Wire.Write(CqlType.Timeuuid, Guid.AllBitsSet)).Message.Should().Contain("version 1");
        Wire.Refused(() => Wire.Read<TimeUuid>(CqlType.Uuid, new byte[16])).Message.Should().Contain("ask for Guid");
    }

    [Fact]
    public void A_type_that_is_no_counterpart_is_refused_with_the_one_that_is()
    {
        Wire.Refused(() => Wire.Write(CqlType.Int, "1")).Message.Should().Be("string cannot be written as int: use int.");
        Wire.Refused(() => Wire.Read<string>(CqlType.Map(CqlType.Text, CqlType.Uuid), new byte[4]))
            .Message.Should().Be("map<text, uuid> cannot be read as string: use Dictionary<string, Guid> or alike.");
        Wire.Refused(() => Wire.Write<object>(CqlType.Blob, new Uri("http://a"))).ClrType.Should().Be<Uri>();
        Wire.Refused(() => Wire.Read<Uri>(CqlType.Blob, [])).CqlType.Should().Be(CqlType.Blob);
        Wire.Refused(() => Wire.Read<(int, string)>(CqlType.Int, new byte[4]));
        Wire.Refused(() => Wire.Read<List<int>>(CqlType.Int, new byte[4]));
        Wire.Refused(() => Wire.Read<HashSet<int>>(CqlType.List(CqlType.Int), new byte[4]));
    }

    [Fact]
    public void Every_pair_of_types_either_converts_or_is_refused_and_leaves_the_buffer_as_it_was()
    {
        object[] values = [(sbyte)1, (byte)1, 1, 1L, 1UL, 1f, 1d, 1m, true, "x", Guid.Empty, default(TimeUuid), BigInteger.One, new byte[1], IPAddress.Any,
            default(DateOnly), default(CqlDate), default(TimeOnly), default(CqlTime), default(DateTime), default(DateTimeOffset), default(CqlDuration),
            default(CqlDecimal), new List<int> { 1 }, new HashSet<string> { "x" }, new Dictionary<int, int> { [1] = 1 }, (1, 2), Color.Red, 'c', new object(),
            default(ReadOnlyMemory<byte>), new object[] { 1, "x" }, new SortedSet<string>(), TimeSpan.Zero, System.Tuple.Create(1, 2)];
        foreach (var type in Enum.GetValues<CqlTypeKind>().Select(SomeTypes.OfKind))
        {
            foreach (var value in values)
            {
                using var buffer = new CqlDriver.Types.GrowableBuffer();
                buffer.WriteByte(7);
                try
                {
                    CodecRegistry.Default.WriteObject(buffer, type, value);
                    buffer.Length.Should().BeGreaterThan(4);
                }
                catch (CqlValueException misfit)
                {
                    buffer.Length.Should().Be(1);
                    misfit.Message.Should().Contain("cannot be written as");
                }
            }
        }
    }

    [Fact]
    public void Enums_are_their_integers_also_when_nullable_in_collections_and_boxed()
    {
        Wire.Content(CqlType.Int, Color.Green).Should().Equal(0, 0, 1, 44);
        Wire.Content<object>(CqlType.Int, Color.Green).Should().Equal(0, 0, 1, 44);
        Wire.Through(CqlType.Smallint, Color.Green).Should().Be(Color.Green);
        Wire.Through<Color?>(CqlType.Bigint, Color.Red).Should().Be(Color.Red);
        Wire.Read<Color?>(CqlType.Bigint, null).Should().BeNull();
        Wire.Through<List<Color>>(CqlType.List(CqlType.Int), [Color.Red, Color.Green]).Should().Equal(Color.Red, Color.Green);
        Wire.Through<Dictionary<Color, Color?>>(CqlType.Map(CqlType.Int, CqlType.Int), new() { [Color.Red] = Color.Green }).Should().ContainKey(Color.Red);
        Wire.Refused(() => Wire.Write(CqlType.Tinyint, Color.Green));
        Wire.Refused(() => Wire.Read<Color>(CqlType.Int, [0, 1, 0, 0]));
    }

    private static void Same<T>(CqlType type, params T[] values)
    {
        foreach (var value in values)
        {
            Wire.Through(type, value).Should().Be(value, $"{type} holds it");
            Wire.Content<object?>(type, value).Should().Equal(Wire.Content(type, value));
        }
    }
}
