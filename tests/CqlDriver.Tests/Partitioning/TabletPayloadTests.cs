using CqlDriver.Partitioning;
using CqlDriver.Testing;
using CqlDriver.Tests.Topology;

namespace CqlDriver.Tests.Partitioning;

public sealed class TabletPayloadTests
{
    // As the server's type writes it: tuple<bigint, bigint, list<tuple<uuid, int>>>, each field with its length.
    private const string Golden =
        "00000008" + "8000000000000000" + "00000008" + "FFFFFFFFFFFFFFFF"
        + "00000044" + "00000002"
        + "0000001C" + "00000010" + "0123456789ABCDEF0123456789ABCDEF" + "00000004" + "00000003"
        + "0000001C" + "00000010" + "FEDCBA9876543210FEDCBA9876543210" + "00000004" + "00000000";

    [Fact]
    public void A_payload_names_range_and_replicas()
    {
        var (range, replicas, version) = TabletPayload.Read(Convert.FromHexString(Golden), hasVersion: false);

        range.Should().Be(new TokenRange(Token.Minimum, new Token(-1)));
        replicas.Should().Equal(
            new Replica(new HostId(Guid.Parse("01234567-89ab-cdef-0123-456789abcdef")), 3),
            new Replica(new HostId(Guid.Parse("fedcba98-7654-3210-fedc-ba9876543210")), 0));
        version.Should().BeNull();
    }

    [Fact]
    public void The_second_form_has_a_version_behind() =>
        TabletPayload.Read(Convert.FromHexString(Golden + "00000008" + "FFFFFFFFFFFFFFFE"), hasVersion: true).Version.Should().Be(ulong.MaxValue - 1);

    [Fact]
    public void The_embedded_cluster_writes_what_is_read()
    {
        var tablet = new EmbeddedTablet { Range = new TokenRange(new Token(-5), new Token(9)), Replicas = [new Replica(TopologyWorld.Id(1), 2)], Version = 77 };

        var (range, replicas, version) = TabletPayload.Read(EmbeddedTablets.Payload(tablet, hasVersion: true), hasVersion: true);

        (range, version).Should().Be((tablet.Range, tablet.Version));
        replicas.Should().Equal(tablet.Replicas);
    }

    [Fact]
    public void Every_cut_is_an_error_and_never_more_than_that()
    {
        var whole = Convert.FromHexString(Golden);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            FluentActions.Invoking(() => TabletPayload.Read(cut, hasVersion: false)).Should().Throw<CqlProtocolException>("{0} of {1} bytes", length, whole.Length);
        }
    }

    [Theory]
    [InlineData("00000044", "00000002", "00000044", "7FFFFFFF")] // replicas that are not there
    [InlineData("00000044", "00000002", "00000044", "FFFFFFFF")]
    [InlineData("00000044", "00000002", "00000044", "00000000")] // none
    [InlineData("00000008" + "8000000000000000", "", "00000008" + "FFFFFFFFFFFFFFFF", "")] // a range of no token
    [InlineData("00000004" + "00000003", "", "00000004" + "FFFFFFFF", "")] // a shard below zero
    [InlineData("0123456789ABCDEF0123456789ABCDEF", "", "00000000000000000000000000000000", "")] // nobody
    public void Nonsense_is_refused(string part, string rest, string instead, string insteadOfRest)
    {
        var bytes = Convert.FromHexString(Golden.Replace(part + rest, instead + insteadOfRest, StringComparison.Ordinal));

        FluentActions.Invoking(() => TabletPayload.Read(bytes, hasVersion: false)).Should().Throw<CqlProtocolException>();
    }
}
