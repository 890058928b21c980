using CqlDriver.Protocol;
using CqlDriver.Tests.Vectors;
using CqlDriver.Types;

namespace CqlDriver.Tests.Protocol;

public class TypeOptionVectorTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Every_option_reads_as_the_reference_reads_it_and_is_written_as_the_server_writes_it(int version)
    {
        var seen = 0;
        foreach (var vector in VectorFile.Read("options"))
        {
            var bytes = vector.Hex($"option_v{version}");
            var reader = new CqlReader(bytes, "option");
            var type = reader.ReadType();

            reader.Remaining.Should().Be(0);
            var reference = vector.Text("python")!;
            var ours = reference.StartsWith("custom ", StringComparison.Ordinal) ? "custom " + ServerClassName.Of(type) : ReferenceText.Of(type);
            ours.Should().Be(ReferenceText.Normalize(reference), vector.Text("type"));
            type.Kind.Should().NotBe(CqlTypeKind.Custom);
            using var buffer = new GrowableBuffer();
            buffer.WriteType(type, version);
            buffer.WrittenSpan.ToArray().Should().Equal(bytes, vector.Text("type"));
            seen++;
        }

        seen.Should().Be(118);
    }
}
