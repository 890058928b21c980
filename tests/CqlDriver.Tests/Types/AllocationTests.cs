using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

/// <summary>Typed writing and reading of simple values leaves no garbage.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 1_000;

    [Fact]
    public void Typed_writes_allocate_nothing()
    {
        using var buffer = new GrowableBuffer(4096);
        var codecs = CodecRegistry.Default;
        var list = CqlType.List(CqlType.Int);
        var vector = CqlType.Vector(CqlType.Float, 3);
        var tuple = CqlType.Tuple(CqlType.Int, CqlType.Text);
        List<int> numbers = [1, 2, 3];
        float[] embedding = [1, 2, 3];
        Allocated(() =>
        {
            buffer.Clear();
            codecs.WriteValue(buffer, CqlType.Int, 1);
            codecs.WriteValue(buffer, CqlType.Bigint, 1L);
            codecs.WriteValue(buffer, CqlType.Uuid, Guid.Empty);
            codecs.WriteValue(buffer, CqlType.Text, "some text");
            codecs.WriteValue(buffer, CqlType.Double, 1.5);
            codecs.WriteValue(buffer, CqlType.Boolean, true);
            codecs.WriteValue<int?>(buffer, CqlType.Int, null);
            codecs.WriteValue<int?>(buffer, CqlType.Int, 5);
            codecs.WriteValue(buffer, CqlType.Bigint, 5);
            codecs.WriteValue(buffer, CqlType.Timestamp, DateTimeOffset.UnixEpoch);
            codecs.WriteValue(buffer, CqlType.Date, DateOnly.MinValue);
            codecs.WriteValue(buffer, CqlType.Decimal, 12.5m);
            codecs.WriteValue(buffer, CqlType.Int, DayOfWeek.Friday);
            codecs.WriteValue<DayOfWeek?>(buffer, CqlType.Int, DayOfWeek.Friday);
            codecs.WriteValue(buffer, list, numbers);
            codecs.WriteValue(buffer, vector, embedding);
            codecs.WriteValue(buffer, tuple, (1, "x"));
        }).Should().Be(0);
    }

    [Fact]
    public void Typed_reads_of_values_allocate_nothing_and_of_text_the_text_alone()
    {
        var codecs = CodecRegistry.Default;
        var eight = new byte[8];
        var sixteen = new byte[16];
        var pair = Wire.Content(CqlType.Tuple(CqlType.Int, CqlType.Bigint), (1, 2L));
        var tuple = CqlType.Tuple(CqlType.Int, CqlType.Bigint);
        long sum = 0;
        Allocated(() =>
        {
            sum += codecs.ReadValue<int>(eight.AsSpan(4), false, CqlType.Int);
            sum += codecs.ReadValue<int?>(eight.AsSpan(4), false, CqlType.Int)!.Value;
            sum += codecs.ReadValue<long>(eight, false, CqlType.Bigint);
            sum += codecs.ReadValue<long>(eight.AsSpan(4), false, CqlType.Int);
            sum += codecs.ReadValue<Guid>(sixteen, false, CqlType.Uuid).GetHashCode();
            sum += codecs.ReadValue<DateTimeOffset>(eight, false, CqlType.Timestamp).Ticks;
            sum += (long)codecs.ReadValue<double>(eight, false, CqlType.Double);
            sum += codecs.ReadValue<bool>(eight.AsSpan(7), false, CqlType.Boolean) ? 1 : 0;
            sum += (int)codecs.ReadValue<DayOfWeek>(eight.AsSpan(4), false, CqlType.Int);
            sum += codecs.ReadValue<(int?, long?)>(pair, false, tuple).Item1!.Value;
        }).Should().Be(0);

        var text = "some text"u8.ToArray();
        Allocated(() => sum += codecs.ReadValue<string>(text, false, CqlType.Text).Length).Should().Be(Rounds * TextSize("some text"));
        sum.Should().NotBe(0);
    }

    private static long TextSize(string text) => (20 + ((text.Length + 1) * sizeof(char)) + 7) / 8 * 8;

    private static long Allocated(Action action)
    {
        action();
        action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < Rounds; round++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
