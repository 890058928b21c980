namespace CqlDriver.Tests.Options;

public sealed class ConnectionStringTests
{
    [Fact]
    public void Every_key_sets_its_option()
    {
        var options = CqlClusterOptions.Parse(
            "Contact Points=10.0.0.1, db.example.com:9142;Port=9043;Local Datacenter=dc1;Keyspace=\"Shop\";Username=me;Password=\"a;b\";TLS=true;" +
            "Compression=lz4;Protocol Version=v4;Consistency=local_one;Serial Consistency=Local Serial;Page Size=7;Request Timeout=1.5;Connect Timeout=2;" +
            "Connections Per Node=3;Max In Flight Per Connection=99;Application Name=till;Application Version=1.2");

        options.ContactPoints.Should().Equal("10.0.0.1", "db.example.com:9142");
        options.Port.Should().Be(9043);
        options.LocalDatacenter.Should().Be("dc1");
        options.Keyspace.Should().Be("Shop");
        options.Authentication.Should().BeOfType<PlainTextAuthProvider>();
        options.Tls.Should().NotBeNull();
        options.Compression.Should().Be(CqlCompression.Lz4);
        options.ProtocolVersion.Should().Be(ProtocolVersion.V4);
        options.Consistency.Should().Be(ConsistencyLevel.LocalOne);
        options.SerialConsistency.Should().Be(ConsistencyLevel.LocalSerial);
        options.PageSize.Should().Be(7);
        options.RequestTimeout.Should().Be(TimeSpan.FromSeconds(1.5));
        options.ConnectTimeout.Should().Be(TimeSpan.FromSeconds(2));
        options.ConnectionsPerNode.Should().Be(3);
        options.MaxInFlightPerConnection.Should().Be(99);
        options.ApplicationName.Should().Be("till");
        options.ApplicationVersion.Should().Be("1.2");
    }

    [Theory]
    [InlineData("contactpoints=a")]
    [InlineData("CONTACT POINTS=a")]
    [InlineData("Contact_Points=a")]
    public void Keys_are_compared_without_regard_to_case_and_blanks(string text) =>
        CqlClusterOptions.Parse(text).ContactPoints.Should().Equal("a");

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var parse = () => CqlClusterOptions.Parse("Contact Points=a;Porto=1;Page Size=many;Consistency=most;Username=me");

        parse.Should().Throw<CqlConfigurationException>().Which.Problems.Should().SatisfyRespectively(
            problem => problem.Should().Contain("'porto'").And.Contain("Contact Points"),
            problem => problem.Should().Contain("'Page Size'").And.Contain("'many'").And.Contain("whole number"),
            problem => problem.Should().Contain("'Consistency'").And.Contain("LocalQuorum"),
            problem => problem.Should().Contain("'Username' and 'Password'"));
    }

    [Fact]
    public void A_password_in_malformed_text_is_not_repeated()
    {
        var parse = () => CqlClusterOptions.Parse("Password=secret;=;'");

        parse.Should().Throw<CqlConfigurationException>().Which.Message.Should().NotContain("secret");
    }
}
