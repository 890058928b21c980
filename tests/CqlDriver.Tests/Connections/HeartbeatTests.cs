using CqlDriver.Connections;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Connections;

public class HeartbeatTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    private readonly ManualTimeProvider _time = new();
    private readonly ConnectionLife _life;
    private readonly List<TimeSpan> _probes = [];
    private readonly List<(HeartbeatVerdict Why, TimeSpan At)> _deaths = [];

    public HeartbeatTests() => _life = new ConnectionLife(_time.GetTimestamp());

    [Fact]
    public void A_quiet_connection_is_probed_after_the_interval()
    {
        using var heartbeat = Start();
        _time.Advance(TimeSpan.FromSeconds(29));
        _probes.Should().BeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));
        _probes.Should().Equal(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void What_is_received_puts_the_probe_off()
    {
        using var heartbeat = Start();
        _time.Advance(TimeSpan.FromSeconds(20));
        _life.Received(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(29));
        _probes.Should().BeEmpty();
    }

    [Fact]
    public void Silence_with_something_pending_is_probed_once_and_then_ends_the_connection()
    {
        using var heartbeat = Start();
        Write();
        _time.Advance(TimeSpan.FromSeconds(7.9));
        _probes.Should().Equal(TimeSpan.FromSeconds(4));
        _deaths.Should().BeEmpty();
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _deaths.Should().Equal((HeartbeatVerdict.NothingReceived, TimeSpan.FromSeconds(8)));
    }

    [Fact]
    public void A_slow_statement_on_a_live_peer_is_not_a_dead_peer()
    {
        using var heartbeat = Start();
        Write();
        for (var second = 0; second < 60; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (_probes.Count > 0 && _probes[^1] == _time.Elapsed)
            {
                _life.Received(_time.GetTimestamp());      // the answer to the probe; the statement is still pending
            }
        }

        _deaths.Should().BeEmpty();
        _probes.Count.Should().BeInRange(12, 16);
    }

    [Fact]
    public void A_request_after_a_long_quiet_has_the_whole_limit()
    {
        using var heartbeat = Start();
        Write();
        _life.Unhold(1);
        _life.Received(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(25));
        Write();
        _time.Advance(TimeSpan.FromSeconds(7));
        _deaths.Should().BeEmpty();
    }

    [Fact]
    public void A_write_that_does_not_move_ends_the_connection()
    {
        using var heartbeat = Start();
        _time.Advance(TimeSpan.FromSeconds(1));
        _life.WriteStarts(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(10));
        _deaths.Should().ContainSingle().Which.Why.Should().Be(HeartbeatVerdict.WriteStalled);
    }

    [Fact]
    public void A_write_missed_by_a_simultaneous_read_is_found_at_the_next_beat()
    {
        using var heartbeat = Start();
        _life.TryHold(1);                                  // the reader has just stored "nothing awaited" over the writer's stamp
        _time.Advance(Beat + Timeout + Beat);
        _deaths.Should().ContainSingle().Which.Why.Should().Be(HeartbeatVerdict.NothingReceived);
    }

    [Fact]
    public void It_uses_one_timer_and_none_after_its_end()
    {
        var heartbeat = Start();
        _time.ArmedTimers.Should().Equal(Beat);
        heartbeat.Dispose();
        _time.ArmedTimers.Should().BeEmpty();
    }

    [Fact]
    public void Switched_off_it_arms_nothing()
    {
        using var heartbeat = Start(TimeSpan.Zero, System.Threading.Timeout.InfiniteTimeSpan);
        _time.ArmedTimers.Should().BeEmpty();
    }

    private void Write()
    {
        _life.TryHold(int.MaxValue);
        _life.WriteStarts(_time.GetTimestamp());
        _life.WriteEnded();
    }

    private Heartbeat Start(TimeSpan? interval = null, TimeSpan? timeout = null)
    {
        var settings = new ConnectionSettings { Time = _time, HeartbeatInterval = interval ?? Interval, HeartbeatTimeout = timeout ?? Timeout };
        var heartbeat = new Heartbeat(_life, settings, () => _probes.Add(_time.Elapsed), (why, _) =>
        {
            _deaths.Add((why, _time.Elapsed));
            _life.TryEnd(new CqlException("dead"));
        });
        heartbeat.Start();
        return heartbeat;
    }
}
