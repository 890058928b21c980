using System.Net;
using System.Net.Sockets;
using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CqlDriver.Tests.Effects;

/// <summary>How the names of balancers are resolved.</summary>
public sealed class RouteNamesTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedNames _dns = new();
    private readonly RouteNames _names;

    public RouteNamesTests() => _names = new RouteNames(_dns, _time, TimeSpan.FromSeconds(5), NullLogger.Instance);

    [Fact]
    public async Task One_look_up_serves_all_who_ask_meanwhile_and_for_a_second()
    {
        var asked = Enumerable.Range(0, 100).Select(_ => _names.ResolveAsync("nlb", default)).ToArray();
        await _dns.AskedAsync(1);
        _dns.Answer("10.0.0.1");
        await Task.WhenAll(asked);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        await _names.ResolveAsync("NLB", default);
        _dns.Count.Should().Be(1);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        var again = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(2);
        _dns.Answer("10.0.0.2");

        (await again).Should().Equal(IPAddress.Parse("10.0.0.2"));
    }

    [Fact]
    public async Task Each_answer_begins_at_another_address_and_has_them_all()
    {
        var first = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(1);
        _dns.Answer("10.0.0.1", "10.0.0.2", "::ffff:10.0.0.3", "10.0.0.3");
        var answers = new List<IPAddress[]> { await first };
        for (var i = 0; i < 5; i++)
        {
            answers.Add(await _names.ResolveAsync("nlb", default));
        }

        answers.Should().OnlyContain(addresses => addresses.Length == 3);
        answers.Select(addresses => addresses[0]).Distinct().Should().HaveCount(3);
        answers.SelectMany(addresses => addresses).Should().NotContain(address => address.IsIPv4MappedToIPv6);
    }

    [Fact]
    public async Task The_last_good_addresses_serve_for_five_minutes_when_a_name_cannot_be_resolved()
    {
        var first = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(1);
        _dns.Answer("10.0.0.1");
        await first;

        _time.Advance(TimeSpan.FromMinutes(4));
        var second = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(2);
        _dns.Fail();
        (await second).Should().Equal(IPAddress.Parse("10.0.0.1"));

        _time.Advance(TimeSpan.FromMinutes(1));
        var third = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(3);
        _dns.Fail();
        await third.Invoking(task => task).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_look_up_that_hangs_ends_by_its_limit_and_one_who_gives_up_disturbs_nobody()
    {
        using var giveUp = new CancellationTokenSource();
        var impatient = _names.ResolveAsync("nlb", giveUp.Token);
        var patient = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(1);
        await giveUp.CancelAsync();
        await impatient.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
        patient.IsCompleted.Should().BeFalse();

        _time.Advance(TimeSpan.FromSeconds(5));

        await patient.Invoking(task => task).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task Disposal_ends_what_is_under_way()
    {
        var asked = _names.ResolveAsync("nlb", default);
        await _dns.AskedAsync(1);

        await _names.DisposeAsync();

        await asked.Invoking(task => task).Should().ThrowAsync<SocketException>();
        _time.ArmedTimers.Should().BeEmpty();
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    public async Task Literals_are_not_looked_up(string literal, string address)
    {
        (await _names.ResolveAsync(literal, default)).Should().Equal(IPAddress.Parse(address));
        _dns.Count.Should().Be(0);
    }

    /// <summary>Answers when the test says so.</summary>
    private sealed class ScriptedNames : INameResolver
    {
        private TaskCompletionSource<IPAddress[]> _pending = new();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
        {
            _pending = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _count);
            return _pending.Task;
        }

        public Task AskedAsync(int times) => Eventually.BecomesTrueAsync(() => Count == times, $"it is asked the {times}. time");

        public void Answer(params string[] addresses) => _pending.SetResult([.. addresses.Select(IPAddress.Parse)]);

        public void Fail() => _pending.SetException(new SocketException((int)SocketError.HostNotFound));
    }
}
