using System.Text.Json;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

/// <summary>Every value of the golden vectors, decoded and encoded again, as a server wrote them.</summary>
public sealed class GoldenValueTests
{
    private static readonly CodecRegistry Codecs = CodecRegistry.Default;

    [Fact]
    public void Every_value_reads_as_the_natural_counterpart_and_writes_the_same_bytes()
    {
        var lines = 0;
        foreach (var line in VectorFile.Read("types"))
        {
            var (type, bytes) = (VectorTypes.TypeOf(line), line.Hex("hex"));
            var value = Codecs.ReadObject(bytes, type);
            Check(line, type, value, bytes, buffer => Codecs.WriteObject(buffer, type, value));
            lines++;
        }

        lines.Should().BeGreaterThan(900);
    }

    [Fact]
    public void Every_value_reads_as_a_typed_counterpart_and_writes_the_same_bytes()
    {
        foreach (var line in VectorFile.Read("types"))
        {
            VectorTypes.Call(typeof(GoldenValueTests), nameof(CheckTyped), VectorTypes.ClrTypeOf(VectorTypes.TypeOf(line)), line, Codecs);
        }
    }

    [Fact]
    public void Without_code_made_at_run_time_every_value_reads_as_the_same()
    {
        var native = new CodecRegistry(mayMakeCode: false).Freeze();
        foreach (var line in VectorFile.Read("types"))
        {
            var (type, bytes) = (VectorTypes.TypeOf(line), line.Hex("hex"));
            var value = native.ReadObject(bytes, type);
            Check(line, type, value, bytes, buffer => native.WriteObject(buffer, type, value));
        }
    }

    [Fact]
    public void Sorted_collections_of_timeuuids_are_in_the_order_of_the_server()
    {
        var sets = VectorFile.Read("types").Where(line => line.GetProperty("type").GetString() == "set<timeuuid>")
            .Select(line => Codecs.ReadValue<TimeUuid[]>(line.Hex("hex"), false, VectorTypes.TypeOf(line))).ToArray();
        sets.Should().Contain(set => set.Length > 2);
        sets.Should().AllSatisfy(set => set.Should().BeInAscendingOrder());
    }

    private static void CheckTyped<T>(JsonElement line, CodecRegistry codecs)
    {
        var (type, bytes) = (VectorTypes.TypeOf(line), line.Hex("hex"));
        var value = codecs.ReadValue<T>(bytes, false, type);
        Check(line, type, value, bytes, buffer => codecs.WriteValue(buffer, type, value));
    }

    private static void Check(JsonElement line, CqlType type, object? value, byte[] bytes, Action<GrowableBuffer> write)
    {
        VectorValues.Difference(line.GetProperty("value"), value, type).Should().BeNull($"{type} {line.GetProperty("hex")} is decoded");
        if (line.TryGetProperty("roundtrip", out var roundtrip) && !roundtrip.GetBoolean())
        {
            return;
        }

        using var buffer = new GrowableBuffer();
        write(buffer);
        Convert.ToHexStringLower(buffer.WrittenSpan[4..]).Should().Be(Convert.ToHexStringLower(bytes), $"{type} is encoded");
        System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(buffer.WrittenSpan).Should().Be(bytes.Length);
    }
}
