using System.Net;
using System.Numerics;

namespace CqlDriver.Tests.Types;

/// <summary>Null, unset and empty are three things.</summary>
public sealed class NothingTests
{
    private static readonly byte[] Null = [255, 255, 255, 255];
    private static readonly byte[] UnsetBytes = [255, 255, 255, 254];

    [Fact]
    public void Null_unset_and_empty_are_written_as_three_things()
    {
        Wire.Write<string?>(CqlType.Text, null).Should().Equal(Null);
        Wire.Write<int?>(CqlType.Int, null).Should().Equal(Null);
        Wire.Write<object?>(CqlType.Int, null).Should().Equal(Null);
        Wire.Write<List<int>?>(CqlType.List(CqlType.Int), null).Should().Equal(Null);
        Wire.Write(CqlType.Int, Unset.Value).Should().Equal(UnsetBytes);
        Wire.Write<object>(CqlType.Int, Unset.Value).Should().Equal(UnsetBytes);
        Wire.Write(CqlType.Text, "").Should().Equal(0, 0, 0, 0);
        Wire.Write(CqlType.Blob, Array.Empty<byte>()).Should().Equal(0, 0, 0, 0);
        Wire.Write(CqlType.List(CqlType.Int), new List<int>()).Should().Equal(0, 0, 0, 4, 0, 0, 0, 0);
    }

    [Fact]
    public void Null_reads_as_null_or_is_refused_with_the_type_to_ask_for()
    {
        Wire.Read<int?>(CqlType.Int, null).Should().BeNull();
        Wire.Read<string>(CqlType.Text, null).Should().BeNull();
        Wire.Read<object>(CqlType.Int, null).Should().BeNull();
        Wire.Read<List<int>>(CqlType.List(CqlType.Int), null).Should().BeNull();
        Wire.Read<(int, int)?>(CqlType.Tuple(CqlType.Int, CqlType.Int), null).Should().BeNull();
        Wire.Refused(() => Wire.Read<int>(CqlType.Int, null)).Message.Should().Be("int cannot be read as int: the value is null; ask for int? to get null.");
        Wire.Refused(() => Wire.Read<Guid>(CqlType.Uuid, null)).Message.Should().Contain("Guid?");
        Wire.Refused(() => Wire.Read<ReadOnlyMemory<byte>>(CqlType.Blob, null));
    }

    [Fact]
    public void Empty_reads_as_itself_where_the_type_has_it_as_null_where_null_can_be_and_is_refused_elsewhere()
    {
        Wire.Read<string>(CqlType.Text, []).Should().BeEmpty();
        Wire.Read<string>(CqlType.Ascii, []).Should().BeEmpty();
        Wire.Read<byte[]>(CqlType.Blob, []).Should().BeEmpty();
        Wire.Read<ReadOnlyMemory<byte>>(CqlType.Blob, []).IsEmpty.Should().BeTrue();
        Wire.Read<int?>(CqlType.Int, []).Should().BeNull();
        Wire.Read<object>(CqlType.Int, []).Should().BeNull();
        Wire.Read<BigInteger?>(CqlType.Varint, []).Should().BeNull();
        Wire.Read<IPAddress>(CqlType.Inet, []).Should().BeNull();
        CodecRegistry.Default.ReadObject([], CqlType.Uuid).Should().BeNull();
        Wire.Refused(() => Wire.Read<int>(CqlType.Int, [])).Message.Should().Contain("empty value");
        Wire.Refused(() => Wire.Read<BigInteger>(CqlType.Varint, [])).Message.Should().Contain("empty value");
        Wire.Refused(() => Wire.Read<bool>(CqlType.Boolean, [])).Message.Should().Contain("bool?");
    }

    [Fact]
    public void Collections_refuse_null_and_unset_while_tuples_and_user_types_take_null()
    {
        var list = CqlType.List(CqlType.Int);
        Wire.Refused(() => Wire.Write<int?[]>(list, [1, null])).Message.Should().StartWith("element 1: ").And.Contain("null cannot be");
        Wire.Refused(() => Wire.Write<object?[]>(list, [1, Unset.Value])).Message.Should().Contain("unset");
        Wire.Refused(() => Wire.Write<Dictionary<string, string?>>(CqlType.Map(CqlType.Text, CqlType.Text), new() { ["a"] = null }))
            .Message.Should().StartWith("entry 0: ");
        Wire.Refused(() => Wire.Write<float?[]>(CqlType.Vector(CqlType.Float, 2), [1, null]));
        var tuple = CqlType.Tuple(CqlType.Int, CqlType.Text);
        Wire.Through<(int?, string?)>(tuple, (null, null)).Should().Be((null, null));
        Wire.Refused(() => Wire.Write<(int?, object)>(tuple, (1, Unset.Value))).Message.Should().Contain("unset");
        Wire.Refused(() => new UdtValue(SomeTypes.User).Set("name", Unset.Value)).Message.Should().StartWith("field 'name': ");
    }

    [Fact]
    public void Missing_last_fields_of_tuples_are_null()
    {
        var tuple = CqlType.Tuple(CqlType.Int, CqlType.Text, CqlType.Int);
        byte[] content = [0, 0, 0, 4, 0, 0, 0, 7];
        Wire.Read<(int, string?, int?)>(tuple, content).Should().Be((7, null, null));
        Wire.Read<object?[]>(tuple, content).Should().Equal(7, null, null);
        Wire.Refused(() => Wire.Read<(int, string, int)>(tuple, content)).Message.Should().StartWith("tuple field 2: ");
        Wire.Read<(int?, string?, int?)>(tuple, []).Should().Be((null, null, null));
    }

    [Fact]
    public void Null_elements_on_the_wire_are_read_where_the_element_type_can_be_null()
    {
        byte[] content = [0, 0, 0, 2, 255, 255, 255, 255, 0, 0, 0, 4, 0, 0, 0, 1];
        var list = CqlType.List(CqlType.Int);
        Wire.Read<int?[]>(list, content).Should().Equal(null, 1);
        Wire.Read<object>(list, content).Should().BeEquivalentTo(new object?[] { null, 1 });
        Wire.Refused(() => Wire.Read<int[]>(list, content)).Message.Should().StartWith("element 0: ");
    }
}
