using CqlDriver.Connections;

namespace CqlDriver.Tests.Connections;

/// <summary>Claim against settle, written as straight lines.</summary>
public class ConnectionRequestTests
{
    [Fact]
    public void Given_up_before_the_claim_it_cannot_be_claimed()
    {
        var request = new ProbeRequest();
        request.GiveUp().Should().Be(RequestState.Queued);
        request.TryClaim(out _).Should().BeFalse();
    }

    [Fact]
    public void Claimed_it_can_still_be_given_up_and_the_claims_token_is_worth_nothing_then()
    {
        var request = new ProbeRequest();
        request.TryClaim(out var claimed).Should().BeTrue();
        request.GiveUp().Should().Be(RequestState.Written);
        byte[]? owned = null;
        request.OnAnswer(claimed, default, [], ref owned).Should().BeFalse();
        request.OnConnectionClosed(claimed, new CqlException("x"), true).Should().BeFalse();
        request.Answer.Should().BeNull();
    }

    [Fact]
    public void Answered_it_cannot_be_given_up()
    {
        var request = new ProbeRequest();
        request.TryClaim(out var claimed);
        byte[]? owned = null;
        request.OnAnswer(claimed, default, [], ref owned).Should().BeTrue();
        request.GiveUp().Should().BeNull();
    }

    [Fact]
    public void Given_up_while_it_is_being_encoded_it_is_written_and_its_answer_is_an_orphans()
    {
        var side = new WriteSide();
        RequestState? movedFrom = null;
        var request = new ProbeRequest { OnEncode = self => movedFrom = self.GiveUp() };
        side.Enqueue(request);
        movedFrom.Should().Be(RequestState.Written);
        side.Streams.Audit().Filled.Should().Be(1);
        side.Answer(request);
        request.Answers.Should().Be(0);
        side.Streams.Audit().Filled.Should().Be(0);
    }

    [Fact]
    public async Task Whoever_wins_the_race_both_sides_agree_on_what_was_written()
    {
        const int Count = 20_000;
        var side = new WriteSide(streams: StreamTable.MaxCapacity, flushThresholdBytes: 200);
        var requests = Enumerable.Range(0, Count).Select(_ => new ProbeRequest()).ToArray();
        var movedFrom = new RequestState?[Count];
        var givingUp = Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                movedFrom[i] = requests[i].GiveUp();
            }
        });
        foreach (var request in requests)
        {
            side.Enqueue(request);
        }

        await givingUp.WaitAsync(TimeSpan.FromSeconds(20));
        for (var i = 0; i < Count; i++)
        {
            if (requests[i].Encoded != (movedFrom[i] == RequestState.Queued ? 0 : 1))
            {
                Assert.Fail($"Request {i} was moved from {movedFrom[i]} and encoded {requests[i].Encoded} times.");
            }
        }

        side.Streams.Audit().Filled.Should().Be(requests.Count(request => request.Encoded == 1));
        side.Life.Held.Should().Be(side.Streams.Audit().Filled);
    }

    [Fact]
    public void A_token_keeps_version_and_attempt_when_its_state_changes()
    {
        const RequestState state = RequestState.Settled;
        var token = default(RequestToken).NextVersion().NextVersion().NextAttempt(RequestState.Queued).NextAttempt(RequestState.Queued).With(state);
        (token.Version, token.Attempt, token.State).Should().Be((2u, 2, state));
        token.NextVersion().Should().Be(default(RequestToken).NextVersion().NextVersion().NextVersion());
    }

    [Fact]
    public void Version_and_attempt_wrap_without_touching_each_other()
    {
        var token = new RequestToken(unchecked((long)0xFFFF_FFFF_FFFF_FF00)).With(RequestState.Queued);
        var next = token.NextAttempt(RequestState.Written);
        (next.Version, next.Attempt, next.State).Should().Be((uint.MaxValue, 0, RequestState.Written));
        token.NextVersion().Should().Be(default(RequestToken));
    }
}
