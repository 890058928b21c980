using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

public sealed class CodecRegistryTests
{
    private static readonly CqlType Ints = CqlType.List(CqlType.Int);

    [Fact]
    public void A_codec_comes_first_for_its_types_alone_inside_collections_boxed_nullable_and_in_user_types()
    {
        var codecs = new CodecRegistry().Add(new NegatedInt()).Add(new PointCodec()).Freeze();
        Wire.Content(CqlType.Int, 1, codecs).Should().Equal(255, 255, 255, 255);
        Wire.Content<object>(CqlType.Int, 1, codecs).Should().Equal(255, 255, 255, 255);
        Wire.Content<int?>(CqlType.Int, 1, codecs).Should().Equal(255, 255, 255, 255);
        Wire.Through<List<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
        Wire.Content<int[]>(CqlType.Vector(CqlType.Int, 1), [1], codecs).Should().Equal(255, 255, 255, 255);
        Wire.Content(CqlType.Bigint, 1, codecs).Should().Equal([0, 0, 0, 0, 0, 0, 0, 1], "the codec does not handle bigint");
        Wire.Through(PointCodec.Type, new Point(1, 2), codecs).Should().Be(new Point(1, 2));
        Wire.Through<Point?>(PointCodec.Type, new Point(1, 2), codecs).Should().Be(new Point(1, 2));
        Wire.Through<Dictionary<string, Point>>(CqlType.Map(CqlType.Text, PointCodec.Type), new() { ["a"] = new(3, 4) }, codecs)["a"].Should().Be(new Point(3, 4));
        new UdtValue(new CqlUserType("ks", "t", [new CqlUserTypeField("p", PointCodec.Type)]), codecs).Set("p", new Point(5, 6))
            .Get<Point>("p").Should().Be(new Point(5, 6));
        Wire.Refused(() => Wire.Write(CqlType.Int, new Point(1, 2), codecs)).ClrType.Should().Be<Point>();
        Wire.Refused(() => Wire.Write<object>(CqlType.Int, new Point(1, 2), codecs));
    }

    [Fact]
    public void A_codec_of_a_class_serves_the_classes_derived_from_it()
    {
        var codecs = new CodecRegistry().Add(new EndPointCodec()).Freeze();
        Wire.Content<EndPoint>(CqlType.Text, new DnsEndPoint("a", 1), codecs).Should().Equal("Unspecified/a:1"u8.ToArray());
        Wire.Content<object>(CqlType.Text, new DnsEndPoint("a", 1), codecs).Should().Equal("Unspecified/a:1"u8.ToArray());
        Wire.Refused(() => Wire.Write<EndPoint>(CqlType.Blob, new DnsEndPoint("a", 1), codecs));
        Wire.Refused(() => Wire.Write<object>(CqlType.Blob, new DnsEndPoint("a", 1), codecs));
    }

    [Fact]
    public void A_codec_that_fails_or_writes_a_wrong_length_is_a_refused_value_and_leaves_no_bytes()
    {
        var codecs = new CodecRegistry().Add(new EndPointCodec()).Add(new NegatedInt()).Freeze();
        using var buffer = new GrowableBuffer();
        var refused = Wire.Refused(() => codecs.WriteValue<List<EndPoint>>(buffer, CqlType.List(CqlType.Text), [new IPEndPoint(0, 1), new FailingEndPoint()]));
        refused.Message.Should().StartWith("element 1: the codec EndPointCodec failed");
        buffer.Length.Should().Be(0);
        Wire.Refused(() => Wire.Write<int[]>(CqlType.Vector(CqlType.Bigint, 1), [1], new CodecRegistry().Add(new NegatedInt { Takes = CqlType.Bigint }).Freeze()))
            .Message.Should().Contain("wrote 4 bytes where 8 are due");
    }

    [Fact]
    public void Frozen_registries_do_not_change_and_copies_do_not_follow()
    {
        var codecs = new CodecRegistry();
        var before = codecs.Freeze();
        Wire.Content(CqlType.Int, 1, codecs).Should().Equal(0, 0, 0, 1);
        codecs.Add(new NegatedInt());
        Wire.Content(CqlType.Int, 1, codecs).Should().Equal(255, 255, 255, 255);
        Wire.Content(CqlType.Int, 1, before).Should().Equal(0, 0, 0, 1);
        before.Freeze().Should().BeSameAs(before);
        FluentActions.Invoking(() => before.Add(new NegatedInt())).Should().Throw<InvalidOperationException>().WithMessage("*frozen*");
        FluentActions.Invoking(() => before.AddCollectionsOf<int>()).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Many_threads_may_meet_new_types_at_once()
    {
        var codecs = new CodecRegistry().Freeze();
        Parallel.For(0, 200, index =>
        {
            Wire.Through<List<long>>(CqlType.List(CqlType.Bigint), [index], codecs).Should().Equal(index);
            Wire.Through<Dictionary<short, byte>>(CqlType.Map(CqlType.Int, CqlType.Int), new() { [1] = 2 }, codecs).Should().HaveCount(1);
            Wire.Through<(int, List<short>)>(CqlType.Tuple(CqlType.Int, Ints), (index, [1]), codecs).Item1.Should().Be(index);
        });
    }

    [Fact]
    public void Every_shape_of_collection_is_written_and_read()
    {
        var set = CqlType.Set(CqlType.Text);
        foreach (var codecs in new[] { CodecRegistry.Default, new CodecRegistry(mayMakeCode: false) })
        {
            Wire.Through<int[]>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through<List<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through<IList<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through<ICollection<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through<IReadOnlyList<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through<IReadOnlyCollection<int>>(Ints, [1, 2], codecs).Should().Equal(1, 2);
            Wire.Through(Ints, Enumerable.Range(1, 2), codecs).Should().Equal(1, 2);
            Wire.Through<HashSet<string>>(set, ["b", "a"], codecs).Should().BeEquivalentTo("a", "b");
            Wire.Through<ISet<string>>(set, new SortedSet<string> { "b", "a" }, codecs).Should().BeEquivalentTo("a", "b");
            Wire.Through<IReadOnlySet<string>>(set, new HashSet<string> { "a" }, codecs).Should().Equal("a");
            Wire.Through<SortedSet<string>>(set, ["b", "B", "a"], codecs).Should().Equal("B", "a", "b");
            var map = CqlType.Map(CqlType.Text, CqlType.Int);
            Wire.Through<Dictionary<string, int>>(map, new() { ["a"] = 1 }, codecs).Should().Contain("a", 1);
            Wire.Through<IDictionary<string, int>>(map, new SortedDictionary<string, int> { ["a"] = 1 }, codecs).Should().Contain("a", 1);
            Wire.Through<IReadOnlyDictionary<string, int>>(map, new Dictionary<string, int> { ["a"] = 1 }, codecs).Should().Contain("a", 1);
            Wire.Through<SortedDictionary<string, int>>(map, new() { ["b"] = 1, ["a"] = 2 }, codecs).Keys.Should().Equal("a", "b");
            Wire.Content<object>(map, new System.Collections.Hashtable { ["a"] = 1L }, codecs).Should().Equal(Wire.Content<object>(map, new Dictionary<string, int> { ["a"] = 1 }));
            Wire.Content(Ints, new Queue<int>([1, 2]), codecs).Should().Equal(Wire.Content(Ints, new[] { 1, 2 }));
            Wire.Content(CqlType.Tuple(CqlType.Int, CqlType.Text), System.Tuple.Create(1, "a"), codecs).Should().Equal(0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 1, 97);
        }

        Wire.Refused(() => Wire.Read<SortedSet<IPAddress>>(CqlType.Set(CqlType.Inet), new byte[4])).Message.Should().Contain("no order");
    }

    [Fact]
    public void Tuples_of_every_arity_are_written_and_read()
    {
        var seven = CqlType.Tuple([.. Enumerable.Repeat(CqlType.Int, 7)]);
        var nine = CqlType.Tuple([.. Enumerable.Repeat(CqlType.Int, 9)]);
        Wire.Through(CqlType.Tuple(CqlType.Int), ValueTuple.Create(1)).Should().Be(ValueTuple.Create(1));
        Wire.Through(seven, (1, 2, 3, 4, 5, 6, 7)).Should().Be((1, 2, 3, 4, 5, 6, 7));
        Wire.Through(nine, (1, 2, 3, 4, 5, 6, 7, 8, 9)).Should().Be((1, 2, 3, 4, 5, 6, 7, 8, 9));
        Wire.Content<object>(nine, (1, 2, 3, 4, 5, 6, 7, 8, 9)).Should().Equal(Wire.Content(nine, (1, 2, 3, 4, 5, 6, 7, 8, 9)));
        Wire.Refused(() => Wire.Write(seven, (1, 2))).Message.Should().Contain("it has 2 fields where 7 are due");
        Wire.Refused(() => Wire.Read<(int, int)>(nine, []));
        Wire.Refused(() => Wire.Write(CqlType.Tuple(CqlType.Int, CqlType.Int), (1, "x"))).Message.Should().StartWith("tuple field 1: ");
    }

    [Fact]
    public void Where_no_code_can_be_made_writing_still_works_and_reading_names_the_registration()
    {
        var codecs = new CodecRegistry(mayMakeCode: false);
        var tuple = CqlType.Tuple(CqlType.Int, CqlType.Text);
        Wire.Content<ushort[]>(Ints, [1, 2], codecs).Should().Equal(Wire.Content<int[]>(Ints, [1, 2]));
        Wire.Content(tuple, (1, "a"), codecs).Should().Equal(Wire.Content(tuple, (1, "a")));
        Wire.Content<IReadOnlyDictionary<byte, byte>>(CqlType.Map(CqlType.Int, CqlType.Int), new Dictionary<byte, byte> { [1] = 2 }, codecs).Should().HaveCount(20);
        Wire.Refused(() => Wire.Read<ushort[]>(Ints, new byte[4], codecs)).Message.Should().Contain("AddCollectionsOf<ushort>()");
        Wire.Refused(() => Wire.Read<List<(int, int)>>(Ints, new byte[4], codecs)).Message.Should().Contain("AddCollectionsOf<(int, int)>()");
        Wire.Refused(() => Wire.Read<Dictionary<byte, byte>>(CqlType.Map(CqlType.Int, CqlType.Int), new byte[4], codecs)).Message.Should().Contain("AddMapsOf<byte, byte>()");
        Wire.Refused(() => Wire.Read<(int, string)>(tuple, new byte[4], codecs)).Message.Should().Contain("AddTuple<int, string>()");
        codecs.AddCollectionsOf<ushort>().AddMapsOf<byte, byte>().AddTuple<int, string>().AddNullable<Point>().Add(new PointCodec());
        Wire.Through<ushort[]>(Ints, [1, 2], codecs).Should().Equal(1, 2);
        Wire.Through<Dictionary<byte, byte>>(CqlType.Map(CqlType.Int, CqlType.Int), new() { [1] = 2 }, codecs).Should().Contain(1, 2);
        Wire.Through(tuple, (1, "a"), codecs).Should().Be((1, "a"));
        Wire.Through<Point?>(PointCodec.Type, new Point(1, 2), codecs).Should().Be(new Point(1, 2));
        Wire.Through<Point?>(PointCodec.Type, new Point(1, 2), new CodecRegistry(mayMakeCode: false).Add(new PointCodec())).Should().Be(new Point(1, 2));
        Wire.Through<DayOfWeek?>(CqlType.Int, DayOfWeek.Friday, codecs).Should().Be(DayOfWeek.Friday);
    }

    private readonly record struct Point(int X, int Y);

    private sealed class NegatedInt : ICqlCodec<int>
    {
        public CqlType Takes { get; init; } = CqlType.Int;

        public bool Handles(CqlType type) => type.Equals(Takes);

        public void Encode(int value, CqlType type, IBufferWriter<byte> writer)
        {
            BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(4), -value);
            writer.Advance(4);
        }

        public int Decode(ReadOnlySpan<byte> content, CqlType type) => -BinaryPrimitives.ReadInt32BigEndian(content);
    }

    private sealed class PointCodec : ICqlCodec<Point>
    {
        public static CqlUserType Type { get; } = new("ks", "point", [new CqlUserTypeField("x", CqlType.Int), new CqlUserTypeField("y", CqlType.Int)]);

        public bool Handles(CqlType type) => Type.Equals(type);

        public void Encode(Point value, CqlType type, IBufferWriter<byte> writer) =>
            new UdtValue((CqlUserType)type).Set("x", value.X).Set("y", value.Y).WriteTo(writer);

        public Point Decode(ReadOnlySpan<byte> content, CqlType type)
        {
            var value = UdtValue.Read((CqlUserType)type, content);
            return new Point(value.Get<int>("x"), value.Get<int>("y"));
        }
    }

    private sealed class EndPointCodec : ICqlCodec<EndPoint>
    {
        public bool Handles(CqlType type) => type.Kind == CqlTypeKind.Text;

        public void Encode(EndPoint value, CqlType type, IBufferWriter<byte> writer) => writer.Write(System.Text.Encoding.UTF8.GetBytes(value.ToString()!));

        public EndPoint Decode(ReadOnlySpan<byte> content, CqlType type) => IPEndPoint.Parse(System.Text.Encoding.UTF8.GetString(content));
    }

    private sealed class FailingEndPoint : EndPoint
    {
        public override string ToString() => throw new InvalidOperationException("on purpose");
    }
}
