using CqlDriver.Schema;
using CqlDriver.Topology;
using static CqlDriver.Tests.Topology.TopologyWorld;

namespace CqlDriver.Tests.Topology;

public sealed class SchemaRefreshTests
{
    private static readonly TopologySettings Reading = new() { ContactPoints = [At(1)], StopsAtFaults = true, RandomSeed = 5, ReadsSchema = true };

    [Fact]
    public void A_new_control_connection_reads_the_schema_behind_the_nodes()
    {
        var world = new TopologyWorld(Reading);
        world.Step(new RefreshRequested(7, IsFirst: true));
        world.Begin(Local(1, 1));

        Answered(world).Should().Equal([7], "the first connect does not wait for the schema");
        world.Metadata.Schema.IsRead.Should().BeFalse();
        Read(world, "a");
        world.Metadata.Schema.Keyspaces.Keys.Should().Equal("a");
        world.Changes[^1].Should().BeOfType<SchemaReplaced>().Which.Schema.Should().BeSameAs(world.Metadata.Schema);

        world.LoseControl();
        world.OpenControl(Local(1, 1));
        world.Started.OfType<ReadSchema>().Should().BeEmpty();
        world.Read(Local(1, 1));
        Read(world, "a", "b");
        world.Metadata.Schema.Keyspaces.Keys.Should().Equal("a", "b");
    }

    [Fact]
    public void A_schema_that_is_as_it_was_publishes_nothing_and_keeps_its_object()
    {
        var world = Begun("a");
        var (snapshot, schema) = (world.Metadata, world.Metadata.Schema);
        world.Step(new SchemaRequested(1));

        Read(world, "a");

        world.Metadata.Should().BeSameAs(snapshot);
        world.Step(new SchemaRequested(2));
        Read(world, "a", "b");
        world.Metadata.Schema.Should().NotBeSameAs(schema);
        world.Metadata.Schema.Keyspaces["a"].Should().BeSameAs(schema.Keyspaces["a"]);
    }

    [Fact]
    public void Changes_within_a_window_are_one_reading()
    {
        var world = Begun("a");
        for (var i = 0; i < 19; i++)
        {
            Changed(world);
            world.Advance(TimeSpan.FromMilliseconds(10));
        }

        world.Started.OfType<ReadSchema>().Should().BeEmpty();
        world.Fire(TimerPurpose.SchemaDue);
        Read(world, "a", "b");
        world.Started.OfType<StartTimer>().Where(timer => timer.Ticket.Key.Timer == TimerPurpose.SchemaDue).Should().BeEmpty();
        world.Metadata.SchemaChanges.Should().Be(19);
    }

    [Fact]
    public void So_many_changes_are_not_kept_waiting()
    {
        var world = Begun("a");

        Changed(world, 20);

        Read(world, "a", "b");
        world.Started.OfType<StartTimer>().Where(timer => timer.Ticket.Key.Timer == TimerPurpose.SchemaDue).Should().BeEmpty();
    }

    [Fact]
    public void Changes_told_while_a_reading_runs_are_read_after_it()
    {
        var world = Begun("a");
        Changed(world, 20);
        var running = world.Take<ReadSchema>();
        Changed(world, 20);
        Changed(world);
        world.Started.OfType<ReadSchema>().Should().BeEmpty("one reading at a time");

        world.Step(new SchemaRead(running.Ticket, Of("a").Keeping(running.Before)));

        Read(world, "a", "b");
        world.Metadata.Schema.Keyspaces.Keys.Should().Equal("a", "b");
    }

    [Fact]
    public void Five_hundred_changes_in_two_seconds_cost_few_readings_and_none_is_lost()
    {
        var world = Begun();
        var readings = 0;
        TimeSpan? timerAt = null;
        (ReadSchema Effect, int Seen, TimeSpan At)? running = null;
        for (var (time, created) = (0, 0); time < 4_000; time++)
        {
            if (time % 4 == 0 && created < 500)
            {
                created++;
                Changed(world);
            }

            if (running is { } read && world.Now >= read.At)
            {
                running = null;
                world.Step(new SchemaRead(read.Effect.Ticket, Of([.. Enumerable.Range(0, read.Seen).Select(i => $"k{i:000}")]).Keeping(read.Effect.Before)));
            }

            var timer = world.Started.OfType<StartTimer>().SingleOrDefault(timer => timer.Ticket.Key.Timer == TimerPurpose.SchemaDue);
            timerAt = timer is null ? null : timerAt ?? world.Now + timer.DueIn;
            if (timerAt <= world.Now)
            {
                world.Started.Remove(timer!);
                timerAt = null;
                world.Step(new TimerFired(timer!.Ticket));
            }

            if (world.Started.OfType<ReadSchema>().SingleOrDefault() is { } started)
            {
                world.Started.Remove(started);
                running = (started, created, world.Now + TimeSpan.FromMilliseconds(30));
                readings++;
            }

            world.Advance(TimeSpan.FromMilliseconds(1));
        }

        world.Metadata.Schema.Keyspaces.Should().HaveCount(500);
        readings.Should().BeInRange(2, (500 / 20) + 2);
    }

    [Fact]
    public void Events_that_were_too_many_to_be_kept_ask_for_a_reading_at_once()
    {
        var world = Begun("a");

        world.Step(new EventsObserved(((ControlPhase.Ready)world.State.Control).Connection.Id, [], [], HasOverflowed: true));

        Read(world, "a", "b");
    }

    [Fact]
    public void A_waiter_is_answered_only_by_a_reading_that_started_after_it_asked()
    {
        var world = Begun("a");
        world.Step(new SchemaRequested(1));
        world.Step(new SchemaRequested(2));
        world.Step(new SchemaRequested(3));
        world.Step(new RefreshAbandoned(3));

        Read(world, "a");
        Answered(world).Should().Equal(1);
        Read(world, "a", "b");

        Answered(world).Should().Equal(1, 2);
        world.Started.OfType<ReadSchema>().Should().BeEmpty();
    }

    [Fact]
    public void A_waiter_outlives_the_control_connection_and_an_old_answer_is_dropped()
    {
        var world = Begun("a");
        world.Step(new SchemaRequested(1));
        var early = world.Take<ReadSchema>();
        world.LoseControl();
        world.OpenControl(Local(1, 1));
        world.Read(Local(1, 1));
        var late = world.Take<ReadSchema>();

        world.Step(new SchemaRead(early.Ticket, Of("old").Keeping(early.Before)));
        world.Metadata.Schema.Keyspaces.Keys.Should().Equal("a");
        Answered(world).Should().BeEmpty();
        world.Dropped(EffectKind.ReadSchema).Should().Be(1);
        world.Step(new SchemaRead(late.Ticket, Of("new").Keeping(late.Before)));

        world.Metadata.Schema.Keyspaces.Keys.Should().Equal("new");
        Answered(world).Should().Equal(1);
    }

    [Fact]
    public void A_reading_that_failed_is_tried_again_later_and_later()
    {
        var world = Begun("a");
        world.Step(new SchemaRequested(1));
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 4; i++)
        {
            world.Answer(world.Take<ReadSchema>());
            world.Started.OfType<ReadSchema>().Should().BeEmpty();
            pauses.Add(world.Started.OfType<StartTimer>().Single(timer => timer.Ticket.Key.Timer == TimerPurpose.SchemaDue).DueIn);
            world.Fire(TimerPurpose.SchemaDue);
        }

        pauses[3].Should().BeGreaterThan(pauses[0]);
        world.State.Control.Should().BeOfType<ControlPhase.Ready>("others judge the connection");
        Read(world, "a", "b");
        Answered(world).Should().Equal(1);
    }

    [Fact]
    public void A_change_does_not_wait_for_the_pause_after_a_failure()
    {
        var world = Begun("a");
        world.Step(new SchemaRequested(1));
        for (var i = 0; i < 5; i++)
        {
            world.Answer(world.Take<ReadSchema>());
            if (i < 4)
            {
                world.Fire(TimerPurpose.SchemaDue);
            }
        }

        Changed(world);

        world.Started.OfType<StartTimer>().Single(timer => timer.Ticket.Key.Timer == TimerPurpose.SchemaDue).DueIn.Should().Be(Reading.SchemaPacing.Window);
    }

    [Fact]
    public void Another_schema_version_of_the_node_asks_for_a_reading_though_no_event_came()
    {
        var world = Begun("a");
        var version = Guid.Parse("00000000-0000-0000-0000-000000000002");
        world.Refresh(Local(1, 1) with { SchemaVersion = version });
        Read(world, "a", "b");

        world.Refresh(Local(1, 1) with { SchemaVersion = version });

        world.Started.OfType<ReadSchema>().Should().BeEmpty();
    }

    [Fact]
    public void A_row_that_is_still_not_understood_is_not_warned_of_again()
    {
        var world = Begun("a");
        foreach (var _ in new[] { 1, 2 })
        {
            world.Step(new SchemaRequested(1));
            var read = world.Take<ReadSchema>();
            world.Step(new SchemaRead(read.Ticket, (Of("a") with { Problems = [new SchemaProblem("table a.t", "odd")] }).Keeping(read.Before)));
        }

        world.Started.OfType<ReportNotice>().Where(notice => notice.Subject == "table a.t").Should().ContainSingle();
    }

    [Fact]
    public void Switched_off_it_is_never_read()
    {
        var world = new TopologyWorld().Begin(Local(1, 1));

        Changed(world, 100);

        world.Started.Should().NotContain(effect => effect is ReadSchema || (effect is StartTimer && ((StartTimer)effect).Ticket.Key.Timer == TimerPurpose.SchemaDue));
        world.Metadata.SchemaChanges.Should().Be(100);
    }

    [Fact]
    public void Nothing_is_owed_when_the_loop_ends_while_the_schema_is_read()
    {
        var world = Begun("a");
        world.Step(new SchemaRequested(1));
        world.Step(new ShutdownRequested());
        world.Step(new SchemaRequested(2));

        world.Answer(world.Take<ReadSchema>());
        world.CloseAll();
        world.State.Tickets.IsEmpty.Should().BeTrue();
    }

    private static TopologyWorld Begun(params string[] keyspaces)
    {
        var world = new TopologyWorld(Reading).Begin(Local(1, 1));
        Read(world, keyspaces);
        return world;
    }

    private static void Read(TopologyWorld world, params string[] keyspaces)
    {
        var read = world.Take<ReadSchema>();
        world.Step(new SchemaRead(read.Ticket, Of(keyspaces).Keeping(read.Before)));
    }

    private static SchemaMetadata Of(params string[] keyspaces) => new()
    {
        IsRead = true,
        Keyspaces = SchemaMetadata.Unread.Keyspaces.AddRange(keyspaces.Select(name => KeyValuePair.Create(name, new KeyspaceMetadata(name)))),
    };

    private static void Changed(TopologyWorld world, int count = 1) => world.Step(new EventsObserved(
        ((ControlPhase.Ready)world.State.Control).Connection.Id, [], [.. Enumerable.Range(0, count).Select(i => new SchemaHint("CREATED", "TABLE", "ks", $"t{i}"))], HasOverflowed: false));

    private static IEnumerable<long> Answered(TopologyWorld world) =>
        world.Started.OfType<AnswerWaiters>().Where(answer => answer.Error is null).SelectMany(answer => answer.Waiters);
}
