namespace CqlDriver.Tests.PublicApi;

public sealed class ApiPrinterTests
{
    private static readonly string Surface = ApiPrinter.Print(typeof(CqlException).Assembly);

    [Theory]
    [InlineData("enum CqlDriver.ConsistencyLevel\n")]
    [InlineData("    LocalOne = 10\n")]
    [InlineData("sealed class CqlDriver.NodeEndpoint : IEquatable<NodeEndpoint>\n")]
    [InlineData("    IPAddress? Address { get; }\n")]
    [InlineData("    override bool Equals(object? obj)\n")]
    public void Surface_shows_kinds_values_nullability_and_accessors(string line) => Surface.Should().Contain(line);

    [Fact]
    public void Surface_hides_what_is_internal() => Surface.Should().NotContain("ConnectionRequest");
}
