using CqlDriver.Protocol;

namespace CqlDriver.Tests.Protocol;

public sealed class ResponseMemoryTests
{
    [Theory]
    [InlineData(0, 128)]
    [InlineData(1, 128)]
    [InlineData(128, 128)]
    [InlineData(129, 256)]
    [InlineData(42_000, 65_536)]
    [InlineData(65_537, 131_072)]
    [InlineData(131_072, 131_072)]
    public void An_array_is_of_the_next_size(int bytes, int expected)
    {
        var array = ResponseMemory.Rent(bytes);

        array.Length.Should().Be(expected);
        ResponseMemory.Return(array);
    }

    [Fact]
    public void What_is_too_large_for_the_shelves_comes_and_goes_all_the_same()
    {
        var array = ResponseMemory.Rent(ResponseMemory.LargestBytes + 1);

        array.Length.Should().BeGreaterThan(ResponseMemory.LargestBytes);
        ResponseMemory.Return(array);
    }

    [Fact]
    public void An_array_of_another_length_is_left_to_the_garbage_collector()
    {
        var foreign = new byte[200];
        ResponseMemory.Return(foreign);
        ResponseMemory.Return([]);

        ResponseMemory.Rent(200).Should().NotBeSameAs(foreign);
    }

    [Fact]
    public void What_is_kept_is_bounded() => ResponseMemory.CapacityBytes.Should().BeLessThanOrEqualTo(75 * 1024 * 1024);

    [Fact]
    public void The_last_array_returned_is_the_first_taken()
    {
        var shelf = new MemoryShelf(128, 4);
        var (first, second) = (shelf.Take(), shelf.Take());

        shelf.Put(first);
        shelf.Put(second);

        shelf.Take().Should().BeSameAs(second);
        shelf.Take().Should().BeSameAs(first);
        shelf.Count.Should().Be(0);
    }

    [Fact]
    public void A_full_shelf_takes_no_more()
    {
        var shelf = new MemoryShelf(128, 20);
        for (var i = 0; i < 50; i++)
        {
            shelf.Put(new byte[128]);
        }

        shelf.Count.Should().Be(20);
    }

    [Fact]
    public void A_shelf_that_nobody_took_from_is_emptied_at_the_second_look()
    {
        var shelf = new MemoryShelf(128, 4);
        shelf.Put(new byte[128]);
        shelf.Put(shelf.Take());

        shelf.Trim(anyway: false);
        shelf.Count.Should().Be(1);
        shelf.Trim(anyway: false);
        shelf.Count.Should().Be(0);
    }

    [Fact]
    public void A_shelf_is_emptied_at_once_when_memory_is_short()
    {
        var shelf = new MemoryShelf(128, 4);
        shelf.Put(shelf.Take());

        shelf.Trim(anyway: true);

        shelf.Count.Should().Be(0);
    }

    [Fact]
    public void No_array_is_given_to_two_threads()
    {
        var shelf = new MemoryShelf(128, 64);
        var clashes = 0;

        Parallel.For(0, 4, owner =>
        {
            var mine = new byte[8][];
            for (var round = 0; round < 3000; round++)
            {
                for (var i = 0; i < mine.Length; i++)
                {
                    mine[i] = shelf.Take();
                    mine[i][0] = (byte)owner;
                }

                foreach (var array in mine)
                {
                    if (array[0] != owner)
                    {
                        Interlocked.Increment(ref clashes);
                    }

                    shelf.Put(array);
                }
            }
        });

        clashes.Should().Be(0);
        shelf.Count.Should().BeLessThanOrEqualTo(64);
    }

    [Fact]
    public void Renting_and_returning_hundreds_at_once_allocates_nothing()
    {
        var shelf = new MemoryShelf(4096, 512);
        var held = new byte[400][];
        RentAndReturn();

        var before = GC.GetAllocatedBytesForCurrentThread();
        RentAndReturn();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

        void RentAndReturn()
        {
            for (var i = 0; i < held.Length; i++)
            {
                held[i] = shelf.Take();
            }

            foreach (var array in held)
            {
                shelf.Put(array);
            }
        }
    }
}
