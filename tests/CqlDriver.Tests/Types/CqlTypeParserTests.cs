using System.Text;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

public sealed class CqlTypeParserTests
{
    private const string Package = "org.apache.cassandra.db.marshal.";

    [Fact]
    public void Each_spelling_of_the_vectors_reads_back_from_its_own_spelling()
    {
        foreach (var line in VectorFile.Read("options"))
        {
            var type = VectorTypes.TypeOf(line);
            VectorTypes.Parse(type.ToString(), line).Should().Be(type);
        }
    }

    [Fact]
    public void Class_names_in_the_vectors_are_the_types_that_CQL_spells()
    {
        var custom = 0;
        foreach (var line in VectorFile.Read("options"))
        {
            foreach (var version in new[] { "option_v3", "option_v4", "option_v5" })
            {
                var option = line.Hex(version);
                if (option[0] == 0 && option[1] == 0)
                {
                    CqlTypeParser.ParseClassName(Encoding.UTF8.GetString(option.AsSpan(4))).Should().Be(VectorTypes.TypeOf(line));
                    custom++;
                }
            }
        }

        custom.Should().BeGreaterThan(50);
    }

    [Theory]
    [InlineData("text", "text")]
    [InlineData(" VarChar ", "text")]
    [InlineData("frozen<map<text, list<int>>>", "map<text, list<int>>")]
    [InlineData("vector<float, 3>", "vector<float, 3>")]
    [InlineData("TUPLE<int,frozen<tuple<text>>>", "tuple<int, tuple<text>>")]
    [InlineData("'org.example.Odd(x, y)'", "'org.example.Odd(x, y)'")]
    [InlineData("'org.apache.cassandra.db.marshal.Int32Type'", "int")]
    public void Cql_spellings(string text, string expected) => CqlTypeParser.Parse(text).ToString().Should().Be(expected);

    [Theory]
    [InlineData("address", "ks", "address")]
    [InlineData("Address", "ks", "address")]
    [InlineData("\"Address\"", "ks", "Address")]
    [InlineData("\"with \"\"quotes\"\"\"", "ks", "with \"quotes\"")]
    [InlineData("other.address", "other", "address")]
    [InlineData("\"Other\".\"Address\"", "Other", "Address")]
    [InlineData("text.int", "text", "int")]
    public void User_types_are_resolved_by_keyspace_and_name(string text, string keyspace, string name)
    {
        var type = CqlTypeParser.Parse($"list<frozen<{text}>>", "ks", (k, n) => new CqlUserType(k, n, [new CqlUserTypeField("f", CqlType.Int)]));
        var user = type.Should().BeOfType<CqlListType>().Which.Element.Should().BeOfType<CqlUserType>().Which;
        (user.Keyspace, user.Name).Should().Be((keyspace, name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("list")]
    [InlineData("list<int")]
    [InlineData("list<int>>")]
    [InlineData("list<>")]
    [InlineData("map<int>")]
    [InlineData("int<int>")]
    [InlineData("vector<int>")]
    [InlineData("vector<int, 0>")]
    [InlineData("vector<int, 99999999999>")]
    [InlineData("tuple<int,>")]
    [InlineData("no_such_type")]
    [InlineData("\"unclosed")]
    [InlineData("'unclosed")]
    public void Malformed_spellings_are_refused_with_text_and_position(string text) =>
        FluentActions.Invoking(() => CqlTypeParser.Parse(text)).Should().Throw<FormatException>().WithMessage("*is not a type*position*");

    [Fact]
    public void Nesting_is_bounded_in_both_spellings()
    {
        FluentActions.Invoking(() => CqlTypeParser.Parse(Nested("list<", ">", 100_000))).Should().Throw<FormatException>().WithMessage("*deeper*");
        FluentActions.Invoking(() => CqlTypeParser.ParseClassName(Nested("ListType(", ")", 100_000)))
            .Should().Throw<CqlProtocolException>().WithMessage("*deeper*");
        CqlTypeParser.Parse(Nested("list<", ">", 60)).ToString().Should().Contain("list<list<");

        static string Nested(string open, string close, int depth) =>
            string.Concat(Enumerable.Repeat(open, depth)) + "int" + string.Concat(Enumerable.Repeat(close, depth));
    }

    [Theory]
    [InlineData("Int32Type", "int")]
    [InlineData(Package + "DurationType", "duration")]
    [InlineData(Package + "VectorType(" + Package + "FloatType , 3)", "vector<float, 3>")]
    [InlineData("ReversedType(" + Package + "TimestampType)", "timestamp")]
    [InlineData("FrozenType(MapType(UTF8Type,ListType(ByteType)))", "map<text, list<tinyint>>")]
    [InlineData("TupleType(SimpleDateType, TimeType ,ShortType)", "tuple<date, time, smallint>")]
    [InlineData("org.example.Whatever", "'org.example.Whatever'")]
    [InlineData("DynamicCompositeType(b=>BytesType,s=>UTF8Type)", "'DynamicCompositeType(b=>BytesType,s=>UTF8Type)'")]
    [InlineData("ListType(org.example.Odd(a(b)))", "list<'org.example.Odd(a(b))'>")]
    public void Class_names(string name, string expected) => CqlTypeParser.ParseClassName(name).ToString().Should().Be(expected);

    [Fact]
    public void User_types_in_class_names_carry_their_fields()
    {
        var type = CqlTypeParser.ParseClassName("UserType(My_ks,61646472657373,7a6970:Int32Type,4f6464204e616d65:FrozenType(SetType(UTF8Type)))");
        type.Should().Be(new CqlUserType(
            "My_ks", "address", [new CqlUserTypeField("zip", CqlType.Int), new CqlUserTypeField("Odd Name", CqlType.Set(CqlType.Text))]));
        type.ToString().Should().Be("\"My_ks\".address");
    }

    [Theory]
    [InlineData("")]
    [InlineData("ListType(")]
    [InlineData("ListType()")]
    [InlineData("MapType(Int32Type)")]
    [InlineData("VectorType(Int32Type, x)")]
    [InlineData("UserType(ks,xyz)")]
    [InlineData("Int32Type)")]
    [InlineData("org.example.Odd((a)")]
    public void Malformed_class_names_are_protocol_errors(string name) =>
        FluentActions.Invoking(() => CqlTypeParser.ParseClassName(name)).Should().Throw<CqlProtocolException>();
}
