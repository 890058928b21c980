using CqlDriver.Partitioning;

namespace CqlDriver.Tests.Partitioning;

public sealed class CompositeRoutingKeyTests
{
    [Fact]
    public void Components_are_framed_by_length_and_zero() =>
        Convert.ToHexStringLower(CompositeRoutingKey.Encode([0xAB], [], [1, 2])).Should().Be("0001ab00" + "000000" + "0002010200");

    [Fact]
    public void A_component_beyond_the_limit_is_refused_by_name()
    {
        var encode = () => CompositeRoutingKey.Encode(new byte[65_536]);
        encode.Should().Throw<ArgumentException>().WithMessage("*65536 bytes*65535*");
    }

    [Fact]
    public void A_destination_that_is_too_short_is_refused()
    {
        var write = () => CompositeRoutingKey.WriteComponent(new byte[3], [1]).Length;
        write.Should().Throw<ArgumentException>().WithMessage("*4 bytes are needed, 3*");
    }
}
