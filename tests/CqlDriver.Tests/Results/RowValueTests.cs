using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CqlDriver.Types;

namespace CqlDriver.Tests.Results;

/// <summary>The short cuts of reading say what the codecs say, and step aside where a user has a codec of his own.</summary>
public sealed class RowValueTests
{
    public static TheoryData<CqlType, object> NaturalPairs => new()
    {
        { CqlType.Int, int.MinValue + 5 },
        { CqlType.Bigint, long.MaxValue - 5 },
        { CqlType.Counter, -7L },
        { CqlType.Timestamp, 1_700_000_000_123L },
        { CqlType.Smallint, (short)-300 },
        { CqlType.Tinyint, (sbyte)-3 },
        { CqlType.Boolean, true },
        { CqlType.Boolean, false },
        { CqlType.Double, -1.5e300 },
        { CqlType.Float, 2.5f },
        { CqlType.Uuid, Guid.Parse("01234567-89ab-cdef-0123-456789abcdef") },
        { CqlType.Timeuuid, Guid.Parse("01234567-89ab-1def-8123-456789abcdef") },
        { CqlType.Timeuuid, new TimeUuid(Guid.Parse("01234567-89ab-1def-8123-456789abcdef")) },
        { CqlType.Timestamp, new DateTimeOffset(1969, 12, 31, 23, 59, 59, 999, TimeSpan.Zero) },
        { CqlType.Timestamp, new DateTime(2024, 2, 29, 1, 2, 3, 4, DateTimeKind.Utc) },
        { CqlType.Text, "plain" },
        { CqlType.Ascii, "plain" },
    };

    [Theory]
    [MemberData(nameof(NaturalPairs))]
    public void A_value_is_read_as_its_type_and_as_the_nullable_form(CqlType type, object value)
    {
        var read = typeof(RowValueTests).GetMethod(value is string ? nameof(ReadText) : nameof(ReadBothForms), System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!;
        if (value is not string)
        {
            read = read.MakeGenericMethod(value.GetType());
        }

        read.Invoke(null, [type, value]);
    }

    private static void ReadBothForms<T>(CqlType type, T value)
        where T : struct
    {
        using var page = SomePage.OfCell(type, Encode(type, value));
        using var none = SomePage.OfCell(type, null);
        using var empty = SomePage.OfCell(type, []);
        using var tooLong = SomePage.OfCell(type, [.. Encode(type, value), 0]);

        page[0].Get<T>(0).Should().Be(value);
        page[0].Get<T?>(0).Should().Be(value);
        page[0].Get<T>("C").Should().Be(value);
        none[0].Get<T?>(0).Should().BeNull();
        empty[0].Get<T?>(0).Should().BeNull();
        FluentActions.Invoking(() => none[0].Get<T>(0)).Should().Throw<CqlValueException>().WithMessage("*null*").Which.ColumnName.Should().Be("c");
        FluentActions.Invoking(() => empty[0].Get<T>(0)).Should().Throw<CqlValueException>().WithMessage("*empty*").Which.ColumnName.Should().Be("c");
        FluentActions.Invoking(() => tooLong[0].Get<T>(0)).Should().Throw<CqlValueException>().WithMessage("*bytes where*").Which.ColumnName.Should().Be("c");
        FluentActions.Invoking(() => tooLong[0].Get<T?>(0)).Should().Throw<CqlValueException>();
    }

    private static void ReadText(CqlType type, string value)
    {
        using var page = SomePage.OfCell(type, Encode(type, value));
        using var none = SomePage.OfCell(type, null);
        using var empty = SomePage.OfCell(type, []);

        page[0].Get<string>(0).Should().Be(value);
        none[0].Get<string?>(0).Should().BeNull();
        empty[0].Get<string>(0).Should().BeEmpty();
        ReadGenerically<string>(page[0]).Should().Be(value);
    }

    private static T ReadGenerically<T>(Row row) => row.Get<T>(0);

    [Fact]
    public void Text_of_every_length_is_read_and_every_byte_beyond_ascii_is_found()
    {
        for (var length = 0; length <= 70; length++)
        {
            var text = string.Concat(Enumerable.Range(0, length).Select(static i => (char)('!' + (i % 90))));
            using var page = SomePage.OfCell(CqlType.Text, Encoding.UTF8.GetBytes(text));
            page[0].Get<string>(0).Should().Be(text);
            for (var at = 0; at < length; at++)
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                bytes[at] = 0xFF;
                using var bad = SomePage.OfCell(CqlType.Text, bytes);
                FluentActions.Invoking(() => bad[0].Get<string>(0)).Should().Throw<CqlValueException>().WithMessage("*not UTF-8*");
            }
        }
    }

    [Fact]
    public void Text_beyond_ascii_is_read_as_utf8_and_refused_where_the_column_is_ascii()
    {
        var bytes = "größer 漢字"u8.ToArray();
        using var text = SomePage.OfCell(CqlType.Text, bytes);
        using var ascii = SomePage.OfCell(CqlType.Ascii, bytes);

        text[0].Get<string>(0).Should().Be("größer 漢字");
        FluentActions.Invoking(() => ascii[0].Get<string>(0)).Should().Throw<CqlValueException>().WithMessage("*US-ASCII*");
    }

    [Fact]
    public void A_value_of_another_kind_goes_the_general_way()
    {
        using var page = SomePage.OfCell(CqlType.Int, [0, 0, 0, 7]);
        using var late = SomePage.OfCell(CqlType.Timestamp, [0x7F, 0, 0, 0, 0, 0, 0, 0]);
        using var random = SomePage.OfCell(CqlType.Timeuuid, Guid.Parse("01234567-89ab-4def-8123-456789abcdef").ToByteArray(bigEndian: true));

        page[0].Get<long>(0).Should().Be(7);
        page[0].Get<DayOfWeek>(0).Should().Be((DayOfWeek)7);
        page[0].Get<object>(0).Should().Be(7);
        FluentActions.Invoking(() => page[0].Get<Guid>(0)).Should().Throw<CqlValueException>().Which.ColumnName.Should().Be("c");
        FluentActions.Invoking(() => page[0].Get<string>(0)).Should().Throw<CqlValueException>().Which.ColumnName.Should().Be("c");
        FluentActions.Invoking(() => late[0].Get<DateTimeOffset>(0)).Should().Throw<CqlValueException>().WithMessage("*year*");
        FluentActions.Invoking(() => random[0].Get<TimeUuid>(0)).Should().Throw<CqlValueException>().WithMessage("*version 1*");
    }

    [Fact]
    public void A_codec_of_the_user_comes_before_the_short_cut_for_its_type_and_no_other()
    {
        var codecs = new CodecRegistry().Add(new Shifted()).Add(new Day()).Freeze();
        using var number = SomePage.OfCell(CqlType.Int, [0, 0, 0, 7], codecs);
        using var day = SomePage.OfCell(CqlType.Timestamp, new byte[8], codecs);
        using var big = SomePage.OfCell(CqlType.Bigint, [0, 0, 0, 0, 0, 0, 0, 7], codecs);

        number[0].Get<int>(0).Should().Be(1007);
        number[0].Get<int?>(0).Should().Be(1007);
        big[0].Get<int>(0).Should().Be(7, "the codec handles int columns only");
        big[0].Get<long>(0).Should().Be(7);
        day[0].Get<DateTime>(0).Should().Be(DateTime.MaxValue);
        day[0].Get<DateTimeOffset>(0).Should().Be(DateTimeOffset.UnixEpoch);
        codecs.MayShortCut(CqlTypeKind.Int).Should().BeFalse();
        codecs.MayShortCut(CqlTypeKind.Timestamp).Should().BeFalse();
        codecs.MayShortCut(CqlTypeKind.Bigint).Should().BeTrue();
        codecs.MayShortCut(CqlTypeKind.Vector).Should().BeFalse();
    }

    [Fact]
    public void A_codec_of_the_user_for_text_or_a_nullable_form_is_used()
    {
        var codecs = new CodecRegistry().Add(new Loud()).Add(new MaybeNumber()).Freeze();
        using var text = SomePage.OfCell(CqlType.Text, "abc"u8.ToArray(), codecs);
        using var number = SomePage.OfCell(CqlType.Bigint, [0, 0, 0, 0, 0, 0, 0, 7], codecs);

        text[0].Get<string>(0).Should().Be("ABC");
        number[0].Get<long?>(0).Should().Be(-1);
        number[0].Get<long>(0).Should().Be(7);
    }

    [Fact]
    public void Elements_and_bound_values_follow_the_codec_of_the_user_too()
    {
        var codecs = new CodecRegistry().Add(new Shifted()).Freeze();
        using var buffer = new GrowableBuffer();

        codecs.WriteValue(buffer, CqlType.Int, 1007);
        codecs.WriteValue(buffer, CqlType.Vector(CqlType.Int, 2), new[] { 1001, 1002 });

        buffer.WrittenSpan.ToArray().Should().Equal(0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2);
        codecs.ReadValue<int[]>([0, 0, 0, 1, 0, 0, 0, 2], false, CqlType.Vector(CqlType.Int, 2)).Should().Equal(1001, 1002);
    }

    private static byte[] Encode<T>(CqlType type, T value)
    {
        using var buffer = new GrowableBuffer();
        CodecRegistry.Default.WriteValue(buffer, type, value);
        return buffer.WrittenSpan[sizeof(int)..].ToArray();
    }

    private sealed class Shifted : ICqlCodec<int>
    {
        public bool Handles(CqlType type) => type.Kind == CqlTypeKind.Int;

        public void Encode(int value, CqlType type, IBufferWriter<byte> writer)
        {
            BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), value - 1000);
            writer.Advance(4);
        }

        public int Decode(ReadOnlySpan<byte> content, CqlType type) => BinaryPrimitives.ReadInt32BigEndian(content) + 1000;
    }

    private sealed class Day : ICqlCodec<DateTime>
    {
        public bool Handles(CqlType type) => type.Kind == CqlTypeKind.Timestamp;

        public void Encode(DateTime value, CqlType type, IBufferWriter<byte> writer) => throw new NotSupportedException();

        public DateTime Decode(ReadOnlySpan<byte> content, CqlType type) => DateTime.MaxValue;
    }

    private sealed class Loud : ICqlCodec<string>
    {
        public bool Handles(CqlType type) => type.Kind == CqlTypeKind.Text;

        public void Encode(string value, CqlType type, IBufferWriter<byte> writer) => throw new NotSupportedException();

        public string Decode(ReadOnlySpan<byte> content, CqlType type) => Encoding.UTF8.GetString(content).ToUpper(CultureInfo.InvariantCulture);
    }

    private sealed class MaybeNumber : ICqlCodec<long?>
    {
        public bool Handles(CqlType type) => type.Kind == CqlTypeKind.Bigint;

        public void Encode(long? value, CqlType type, IBufferWriter<byte> writer) => throw new NotSupportedException();

        public long? Decode(ReadOnlySpan<byte> content, CqlType type) => -1;
    }
}
