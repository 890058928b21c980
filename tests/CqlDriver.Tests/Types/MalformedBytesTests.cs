using System.Buffers.Binary;

namespace CqlDriver.Tests.Types;

/// <summary>Bytes that no server sends. They are refused, and nothing is allocated because they say so.</summary>
public sealed class MalformedBytesTests
{
    [Fact]
    public void Mutated_bytes_are_read_or_refused_and_never_allocate_out_of_proportion()
    {
        for (var seed = 0; seed < 6_000; seed++)
        {
            var generator = new ValueGenerator(seed);
            var type = generator.Type(depth: 3);
            var bytes = Mutate(generator, Wire.Content(type, generator.Value(type)));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var value = CodecRegistry.Default.ReadObject(bytes, type);
                if (value is UdtValue user)
                {
                    user.Type.Fields.ToList().ForEach(field => _ = user[field.Name]);
                }
            }
            catch (CqlValueException refused)
            {
                refused.Reason.Should().NotBeEmpty();
            }

            // Messages with stack traces of nested types take most of it.
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2_000_000 + (bytes.Length * 200L), $"seed {seed} of {type}");
        }
    }

    [Fact]
    public void Mutated_bytes_are_read_or_refused_as_typed_counterparts()
    {
        for (var seed = 0; seed < 800; seed++)
        {
            var generator = new ValueGenerator(seed);
            var type = generator.Type(depth: 2);
            var bytes = Mutate(generator, Wire.Content(type, generator.Value(type)));
            try
            {
                VectorTypes.Call(typeof(Wire), nameof(Wire.Read), VectorTypes.ClrTypeOf(type), type, bytes, null);
            }
            catch (CqlValueException refused)
            {
                refused.CqlType.Should().NotBeNull();
            }
        }
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1_000)]
    public void Counts_beyond_the_bytes_are_refused_before_anything_is_allocated(int count)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteInt32BigEndian(bytes, count);
        Wire.Refused(() => Wire.Read<List<Guid>>(CqlType.List(CqlType.Uuid), bytes)).Message.Should().Contain("malformed");
        Wire.Refused(() => Wire.Read<HashSet<int>>(CqlType.Set(CqlType.Int), bytes));
        Wire.Refused(() => Wire.Read<Dictionary<int, string>>(CqlType.Map(CqlType.Int, CqlType.Text), bytes));
        Wire.Refused(() => CodecRegistry.Default.ReadObject(bytes, CqlType.Map(CqlType.Int, CqlType.Text)));
    }

    [Fact]
    public void Lengths_beyond_the_bytes_and_bytes_left_over_are_refused()
    {
        var list = CqlType.List(CqlType.Int);
        Wire.Refused(() => Wire.Read<int[]>(list, [0, 0, 0]));
        Wire.Refused(() => Wire.Read<int[]>(list, [0, 0, 0, 1, 0, 0, 0, 5, 1, 2, 3, 4]));
        Wire.Refused(() => Wire.Read<int[]>(list, [0, 0, 0, 1, 255, 255, 255, 254]));
        Wire.Refused(() => Wire.Read<int[]>(list, [0, 0, 0, 0, 9])).Message.Should().Contain("left over");
        Wire.Refused(() => Wire.Read<int>(CqlType.Int, [1, 2, 3, 4, 5])).Message.Should().Contain("5 bytes where 4 are due");
        Wire.Refused(() => Wire.Read<(int, int)>(CqlType.Tuple(CqlType.Int, CqlType.Int), new byte[24]));
    }

    [Fact]
    public void Vectors_of_another_dimension_are_refused_in_both_directions()
    {
        var packed = CqlType.Vector(CqlType.Float, 3);
        Wire.Refused(() => Wire.Read<float[]>(packed, new byte[8])).Message.Should().Contain("8 bytes are not 3 elements");
        Wire.Refused(() => Wire.Read<float[]>(packed, new byte[16]));
        Wire.Refused(() => Wire.Write(packed, new float[2])).Message.Should().Contain("it has 2 elements where 3 are due");
        var counted = CqlType.Vector(CqlType.Text, int.MaxValue);
        Wire.Refused(() => Wire.Read<string[]>(counted, [1, 65, 1, 66]));
        Wire.Refused(() => Wire.Read<string[]>(CqlType.Vector(CqlType.Text, 2), [1, 65, 255, 255, 255, 255, 255, 255, 255, 255, 255]));
        Wire.Refused(() => Wire.Read<string[]>(CqlType.Vector(CqlType.Text, 1), [1, 65, 0])).Message.Should().Contain("left over");
        Wire.Refused(() => Wire.Read<int[]>(CqlType.Vector(CqlType.Vector(CqlType.Int, int.MaxValue), 2), [0, 0, 0, 0]));
    }

    [Fact]
    public void Elements_that_are_equal_in_a_set_or_map_are_refused_rather_than_lost()
    {
        byte[] twice = [0, 0, 0, 2, 0, 0, 0, 1, 65, 0, 0, 0, 1, 65];
        Wire.Refused(() => Wire.Read<HashSet<string>>(CqlType.Set(CqlType.Text), twice)).Message.Should().Contain("equal");
        Wire.Read<string[]>(CqlType.Set(CqlType.Text), twice).Should().Equal("A", "A");
        var zeros = CqlType.Set(CqlType.Double);
        Wire.Read<HashSet<double>>(zeros, Wire.Content(zeros, new[] { -0.0, 0.0 })).Should().HaveCount(2);
    }

    private static byte[] Mutate(ValueGenerator generator, byte[] bytes)
    {
        var changes = 1 + generator.Next(4);
        for (var change = 0; change < changes && bytes.Length > 0; change++)
        {
            var at = generator.Next(bytes.Length);
            switch (generator.Next(4))
            {
                case 0:
                    bytes = bytes[..at];
                    break;
                case 1:
                    bytes = [.. bytes[..at], .. generator.Bytes(1 + generator.Next(4)), .. bytes[at..]];
                    break;
                case 2:
                    bytes[at] = (byte)(generator.Next(2) == 0 ? 0xFF : 0x7F);
                    break;
                default:
                    bytes[at] ^= (byte)(1 << generator.Next(8));
                    break;
            }
        }

        return bytes;
    }
}
