using System.Diagnostics;

namespace CqlDriver.Connections;

/// <summary>
/// The stream ids of one connection, and the request that waits behind each. Free of I/O and of clocks.
/// </summary>
/// <remarks>
/// <para>Two sides, each single-threaded: the write side takes ids and fills slots, the read side removes requests and
/// frees ids. They meet in one place, a chain of freed ids: the read side collects what one read freed and publishes it
/// with one compare-and-swap, the write side takes the whole chain with one exchange. As nothing is ever popped from the
/// middle of a shared chain there is no ABA, and an id reaches the write side only after its slot was emptied.</para>
/// <para>Ids come from what was freed last, then from those never used: a connection with 200 requests in flight uses the
/// 200 lowest, and slots are allocated in chunks of 256 when their first id is used.</para>
/// <para>Always: free + filled + taken but not filled yet = capacity. An orphan (a request settled while written) is a
/// filled slot like any other; its late answer frees it.</para>
/// </remarks>
internal sealed class StreamTable
{
    public const int MaxCapacity = 32_768;

    private const int ChunkBits = 8;
    private const int ChunkSize = 1 << ChunkBits;
    private const int None = -1;

    private readonly Slot[]?[] _chunks;

    private int _taking = None;         // write side: chain of ids to take from
    private int _unused;                // write side: the lowest id that was never taken
    private int _freedHead = None;      // read side: chain of ids freed since the last publication
    private int _freedTail = None;
    private int _freedCount;
    private int _published = None;      // where the sides meet

    public StreamTable(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, MaxCapacity);
        Capacity = capacity;
        _chunks = new Slot[]?[(capacity + ChunkSize - 1) >> ChunkBits];
    }

    public int Capacity { get; }

    /// <summary>Any thread: ids were freed that the write side has not fetched yet. Pairs with <see cref="PublishFreed"/>.</summary>
    public bool HasPublished => Volatile.Read(ref _published) != None;

    /// <summary>Write side: takes an id. False: all are in use.</summary>
    public bool TryTake(out short stream)
    {
        if (_taking == None && Volatile.Read(ref _published) != None)
        {
            _taking = Interlocked.Exchange(ref _published, None);
        }

        if (_taking != None)
        {
            stream = (short)_taking;
            _taking = SlotOf(_taking).NextFree;
            return true;
        }

        if (_unused == Capacity)
        {
            stream = None;
            return false;
        }

        var chunk = _unused >> ChunkBits;
        _chunks[chunk] ??= new Slot[ChunkSize];
        stream = (short)_unused++;
        return true;
    }

    /// <summary>Write side: gives back an id that was taken and not filled.</summary>
    public void GiveBack(short stream)
    {
        Debug.Assert(SlotOf(stream).Request is null, "Only an id without a request is given back.");
        SlotOf(stream).NextFree = _taking;
        _taking = stream;
    }

    /// <summary>Write side: from here on the answer may come, and the write side does not touch the request again.</summary>
    public void Fill(short stream, ConnectionRequest request, RequestToken claimed)
    {
        ref var slot = ref SlotOf(stream);
        Debug.Assert(slot.Request is null, "A stream id has one request at a time.");
        slot.Token = claimed;
        Volatile.Write(ref slot.Request, request);
    }

    /// <summary>Read side: takes the request out of its slot. The id is still in use until <see cref="Free"/>.</summary>
    public bool TryRemove(short stream, out ConnectionRequest request, out RequestToken claimed)
    {
        request = null!;
        claimed = default;
        if (stream < 0 || stream >= Capacity || Volatile.Read(ref _chunks[stream >> ChunkBits]) is not { } chunk)
        {
            return false;
        }

        ref var slot = ref chunk[stream & (ChunkSize - 1)];
        if (Volatile.Read(ref slot.Request) is not { } found)
        {
            return false;
        }

        (request, claimed) = (found, slot.Token);
        slot.Request = null;
        return true;
    }

    /// <summary>Read side: the id may be used again, after the next <see cref="PublishFreed"/>.</summary>
    public void Free(short stream)
    {
        SlotOf(stream).NextFree = _freedHead;
        if (_freedHead == None)
        {
            _freedTail = stream;
        }

        _freedHead = stream;
        _freedCount++;
    }

    /// <summary>Read side: hands what was freed to the write side, and says how many. A full fence when there were any.</summary>
    public int PublishFreed()
    {
        var count = _freedCount;
        if (count == 0)
        {
            return 0;
        }

        int seen;
        do
        {
            seen = Volatile.Read(ref _published);
            SlotOf(_freedTail).NextFree = seen;
        }
        while (Interlocked.CompareExchange(ref _published, _freedHead, seen) != seen);
        _freedHead = _freedTail = None;
        _freedCount = 0;
        return count;
    }

    /// <summary>After both sides have ended: takes out every request that is left.</summary>
    public List<(ConnectionRequest Request, RequestToken Claimed)> RemoveAll()
    {
        var left = new List<(ConnectionRequest, RequestToken)>();
        for (var stream = 0; stream < _unused; stream++)
        {
            if (TryRemove((short)stream, out var request, out var claimed))
            {
                left.Add((request, claimed));
                Free((short)stream);
            }
        }

        PublishFreed();
        return left;
    }

    /// <summary>Counts free ids and filled slots. Only while both sides stand still.</summary>
    internal (int Free, int Filled) Audit()
    {
        var free = Capacity - _unused;
        foreach (var head in (ReadOnlySpan<int>)[_taking, _published, _freedHead])
        {
            for (var id = head; id != None; id = SlotOf(id).NextFree)
            {
                free++;
            }
        }

        var filled = 0;
        for (var id = 0; id < _unused; id++)
        {
            filled += SlotOf(id).Request is null ? 0 : 1;
        }

        return (free, filled);
    }

    /// <summary>Whether this very request waits behind this id.</summary>
    internal bool Holds(short stream, ConnectionRequest request) =>
        Volatile.Read(ref _chunks[stream >> ChunkBits]) is { } chunk && ReferenceEquals(Volatile.Read(ref chunk[stream & (ChunkSize - 1)].Request), request);

    private ref Slot SlotOf(int stream) => ref _chunks[stream >> ChunkBits]![stream & (ChunkSize - 1)];

    private struct Slot
    {
        public ConnectionRequest? Request;
        public RequestToken Token;
        public int NextFree;
    }
}
