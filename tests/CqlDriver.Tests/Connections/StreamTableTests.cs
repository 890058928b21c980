using CqlDriver.Connections;

namespace CqlDriver.Tests.Connections;

public class StreamTableTests
{
    [Fact]
    public void Ids_are_dense_and_the_last_freed_is_used_first()
    {
        var table = new StreamTable(1_000);
        for (short expected = 0; expected < 600; expected++)
        {
            table.TryTake(out var id).Should().BeTrue();
            id.Should().Be(expected);
            table.Fill(id, new ProbeRequest(), default);
        }

        Remove(table, 17);
        Remove(table, 3);
        table.PublishFreed().Should().Be(2);

        table.TryTake(out var first).Should().BeTrue();
        table.TryTake(out var second).Should().BeTrue();
        table.TryTake(out var third).Should().BeTrue();
        (first, second, third).Should().Be(((short)3, (short)17, (short)600));
    }

    [Fact]
    public void An_id_is_not_reused_before_it_is_published()
    {
        var table = new StreamTable(1);
        table.TryTake(out var id).Should().BeTrue();
        table.Fill(id, new ProbeRequest(), default);
        Remove(table, id);

        table.TryTake(out _).Should().BeFalse();
        table.HasPublished.Should().BeFalse();
        table.PublishFreed();
        table.HasPublished.Should().BeTrue();
        table.TryTake(out var again).Should().BeTrue();
        again.Should().Be(id);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(short.MinValue)]
    [InlineData(4)]
    [InlineData(300)]
    [InlineData(short.MaxValue)]
    public void An_answer_on_an_id_that_is_not_in_flight_finds_nothing(short stream)
    {
        var table = new StreamTable(512);
        for (var i = 0; i < 4; i++)
        {
            table.TryTake(out var id);
            table.Fill(id, new ProbeRequest(), default);
        }

        table.TryRemove(stream, out _, out _).Should().BeFalse();
    }

    [Fact]
    public void The_whole_range_of_ids_can_be_in_flight()
    {
        var table = new StreamTable(StreamTable.MaxCapacity);
        var request = new ProbeRequest();
        for (var i = 0; i < StreamTable.MaxCapacity; i++)
        {
            table.TryTake(out var id).Should().BeTrue();
            table.Fill(id, request, default);
        }

        table.TryTake(out _).Should().BeFalse();
        table.TryRemove(short.MaxValue, out _, out _).Should().BeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Free_and_filled_ids_add_up_whatever_happens(int seed)
    {
        var random = new Random(seed);
        var table = new StreamTable(random.Next(1, 700));
        var taken = new List<short>();
        var filled = new Dictionary<short, ConnectionRequest>();
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(5))
            {
                case 0 or 1:
                    var hadRoom = taken.Count + filled.Count < table.Capacity;
                    if (table.TryTake(out var id))
                    {
                        hadRoom.Should().BeTrue();
                        taken.Should().NotContain(id);
                        filled.Should().NotContainKey(id);
                        taken.Add(id);
                    }

                    break;
                case 2 when taken.Count > 0:
                    var fill = TakeAny(random, taken);
                    filled[fill] = new ProbeRequest();
                    table.Fill(fill, filled[fill], default);
                    break;
                case 3 when taken.Count > 0 && random.Next(4) == 0:
                    table.GiveBack(TakeAny(random, taken));
                    break;
                case 4 when filled.Count > 0:
                    var (remove, expected) = filled.ElementAt(random.Next(filled.Count));
                    table.TryRemove(remove, out var found, out _).Should().BeTrue();
                    found.Should().BeSameAs(expected);
                    table.Free(remove);
                    filled.Remove(remove);
                    if (random.Next(3) == 0)
                    {
                        table.PublishFreed();
                    }

                    break;
            }

            if (step % 500 == 0)
            {
                var (free, used) = table.Audit();
                used.Should().Be(filled.Count);
                (free + used + taken.Count).Should().Be(table.Capacity);
            }
        }

        table.RemoveAll().Should().HaveCount(filled.Count);
        table.Audit().Should().Be((table.Capacity - taken.Count, 0));
    }

    [Fact]
    public async Task Two_sides_at_once_lose_and_double_nothing()
    {
        const int Rounds = 50_000;
        var table = new StreamTable(64);
        var written = System.Threading.Channels.Channel.CreateUnbounded<(short, ConnectionRequest)>();
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < Rounds;)
            {
                if (table.TryTake(out var id))
                {
                    var request = new ProbeRequest();
                    table.Fill(id, request, default);
                    written.Writer.TryWrite((id, request));
                    i++;
                }
            }

            written.Writer.Complete();
        });
        var wrong = 0;
        await foreach (var (id, request) in written.Reader.ReadAllAsync())
        {
            wrong += table.TryRemove(id, out var found, out _) && ReferenceEquals(found, request) ? 0 : 1;
            table.Free(id);
            table.PublishFreed();
        }

        await writer;
        wrong.Should().Be(0);
        table.Audit().Should().Be((64, 0));
    }

    private static short TakeAny(Random random, List<short> from)
    {
        var index = random.Next(from.Count);
        var id = from[index];
        from.RemoveAt(index);
        return id;
    }

    private static void Remove(StreamTable table, short id)
    {
        table.TryRemove(id, out _, out _).Should().BeTrue();
        table.Free(id);
    }
}
