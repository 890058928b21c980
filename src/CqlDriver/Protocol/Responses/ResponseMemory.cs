using System.Buffers;
using System.Diagnostics;
using System.Numerics;

namespace CqlDriver.Protocol;

/// <summary>
/// The arrays that bodies of answers are in. A read loop rents one, the user's thread returns it when the result is disposed:
/// always another thread, and as many at once as requests are in flight. The shared pool of the runtime keeps arrays by thread
/// and core, which fits callers that return what they rented; here it overflows, and new arrays are made all the time.
/// </summary>
/// <remarks>
/// <para>Eleven shelves, each for one size from 128 B to 128 KiB. What is larger comes from the runtime's pool and goes back
/// there. An array that is never returned is the garbage collector's, which is no error: whoever keeps rows keeps their memory.</para>
/// <para>Shelves hold at most 8,192 arrays and 4 MiB, those from 32 KiB on 16 MiB: 75 MiB in all. A full collection empties the
/// shelves that nobody took from since the last one, and all when the machine is short of memory.</para>
/// </remarks>
internal static class ResponseMemory
{
    /// <summary>The largest array that is kept here.</summary>
    public const int LargestBytes = SmallestBytes << (ShelfCount - 1);

    private const int SmallestBytes = 128;
    private const int ShelfCount = 11;
    private const int MostArrays = 8192;
    private const int MostBytes = 4 * 1024 * 1024;
    private const int MostBytesOfLarge = 16 * 1024 * 1024;
    private const int LargeFrom = 32 * 1024;

    private static readonly MemoryShelf[] Shelves = CreateShelves();

    /// <summary>The most bytes that are ever kept.</summary>
    public static long CapacityBytes => Shelves.Sum(static shelf => (long)shelf.Capacity * shelf.ArrayBytes);

    /// <summary>An array of at least so many bytes, with anything in it. Any thread.</summary>
    public static byte[] Rent(int bytes)
    {
        Debug.Assert(bytes >= 0, "Lengths were checked where they came from.");
        return bytes <= LargestBytes ? Shelves[ShelfOf(bytes)].Take() : ArrayPool<byte>.Shared.Rent(bytes);
    }

    /// <summary>Takes an array back that nobody writes to or believes in any more. Any thread; once for each <see cref="Rent"/>.</summary>
    public static void Return(byte[] array)
    {
        if (array.Length > LargestBytes)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
        else if (Shelves[ShelfOf(array.Length)] is var shelf && shelf.ArrayBytes == array.Length)
        {
            shelf.Put(array);
        }
    }

    internal static int ShelfOf(int bytes) =>
        BitOperations.Log2((uint)(Math.Max(bytes, 1) - 1) | (SmallestBytes - 1)) - BitOperations.Log2(SmallestBytes - 1);

    private static MemoryShelf[] CreateShelves()
    {
        var shelves = new MemoryShelf[ShelfCount];
        for (var i = 0; i < ShelfCount; i++)
        {
            var bytes = SmallestBytes << i;
            shelves[i] = new MemoryShelf(bytes, Math.Min(MostArrays, (bytes < LargeFrom ? MostBytes : MostBytesOfLarge) / bytes));
        }

        GC.KeepAlive(new FullCollectionWatch(shelves));
        return shelves;
    }

    /// <summary>Nobody refers to it, so each collection finalizes it, once it is old each full one; it then registers anew.</summary>
    private sealed class FullCollectionWatch(MemoryShelf[] shelves)
    {
        ~FullCollectionWatch()
        {
            var memory = GC.GetGCMemoryInfo();
            var isShort = memory.MemoryLoadBytes >= memory.HighMemoryLoadThresholdBytes;
            foreach (var shelf in shelves)
            {
                shelf.Trim(isShort);
            }

            if (!Environment.HasShutdownStarted)
            {
                GC.ReRegisterForFinalize(this);
            }
        }
    }
}
