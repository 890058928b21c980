namespace CqlDriver.Tests.Options;

public sealed class ClusterSettingsTests
{
    [Fact]
    public void Contact_points_take_the_default_port_and_are_listed_once()
    {
        var settings = ClusterSettings.From(new CqlClusterOptions { ContactPoints = { "10.0.0.1", "10.0.0.1:9042", "[::1]:99", "fe80::1", "Db.Example.com:1" } });

        settings.ContactPoints.Should().Equal(
            new NodeEndpoint("10.0.0.1", 9042), new NodeEndpoint("::1", 99), new NodeEndpoint("fe80::1", 9042), new NodeEndpoint("db.example.com", 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("host:port")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData(":9042")]
    [InlineData("http://host")]
    public void A_contact_point_that_is_none_is_named(string text)
    {
        var build = () => ClusterSettings.From(new CqlClusterOptions { ContactPoints = { text } });

        build.Should().Throw<CqlConfigurationException>().Which.Message.Should().Contain(nameof(CqlClusterOptions.ContactPoints)).And.Contain($"'{text}'");
    }

    [Fact]
    public void Every_option_out_of_range_is_named_with_its_value()
    {
        var build = () => ClusterSettings.From(new CqlClusterOptions
        {
            Port = 0,
            PageSize = 0,
            ConnectionsPerNode = 129,
            MaxInFlightPerConnection = 32_769,
            MaxWaitingRequests = -1,
            MaxFrameBytes = 1,
            ConnectTimeout = TimeSpan.Zero,
            InitialConnectTimeout = TimeSpan.FromSeconds(-1),
            RequestTimeout = TimeSpan.Zero,
            HeartbeatInterval = TimeSpan.Zero,
            HeartbeatTimeout = TimeSpan.Zero,
            SchemaAgreementTimeout = TimeSpan.FromSeconds(-1),
            SerialConsistency = ConsistencyLevel.One,
            Consistency = (ConsistencyLevel)77,
            Compression = CqlCompression.Snappy,
            ProtocolVersion = ProtocolVersion.V5,
            Retry = null!,
        });

        build.Should().Throw<CqlConfigurationException>().Which.Problems.Should().HaveCount(17);
    }

    [Fact]
    public void Changing_the_options_later_changes_nothing()
    {
        var options = new CqlClusterOptions { ContactPoints = { "a" } };
        var settings = ClusterSettings.From(options);

        options.PageSize = 1;
        options.ContactPoints.Add("b");

        settings.Options.PageSize.Should().Be(5_000);
        settings.Options.ContactPoints.Should().Equal("a");
    }

    [Fact]
    public void An_infinite_request_timeout_is_allowed() =>
        ClusterSettings.From(new CqlClusterOptions { ContactPoints = { "a" }, RequestTimeout = Timeout.InfiniteTimeSpan }).Should().NotBeNull();
}
