using System.Runtime.InteropServices;

namespace CqlDriver.Protocol;

/// <summary>
/// A bounded stack of arrays of one size: the last returned, which some cache still has, is the first taken. Any thread.
/// </summary>
/// <remarks>
/// The lock is held for a handful of instructions and never waited for: who does not get it within some dozens of tries, because
/// its holder was put to sleep, makes a new array or drops the old one. Both ends share one lock on purpose: two stacks that
/// change places would meet less often, but go round through all arrays ever returned, cold ones.
/// </remarks>
internal sealed class MemoryShelf(int arrayBytes, int capacity)
{
    private const int Tries = 40;
    private const int FirstRoom = 16;

    private byte[]?[] _arrays = new byte[Math.Min(FirstRoom, capacity)][];      // grows to the capacity
    private State _state;

    /// <summary>The length of each array.</summary>
    public int ArrayBytes { get; } = arrayBytes;

    /// <summary>How many are kept at most.</summary>
    public int Capacity { get; } = capacity;

    /// <summary>How many are kept now.</summary>
    public int Count => Volatile.Read(ref _state.Count);

    /// <summary>An array: one that was returned, or a new one.</summary>
    public byte[] Take()
    {
        byte[]? array = null;
        if (Volatile.Read(ref _state.Count) > 0 && TryEnter())
        {
            if (_state.Count > 0)
            {
                array = _arrays[--_state.Count];
                _arrays[_state.Count] = null;
            }

            _state.WasUsed = true;
            Exit();
        }

        return array ?? GC.AllocateUninitializedArray<byte>(ArrayBytes);
    }

    /// <summary>Keeps an array of this size, if there is room.</summary>
    public void Put(byte[] array)
    {
        if (Volatile.Read(ref _state.Count) >= Capacity || !TryEnter())
        {
            return;
        }

        if (_state.Count < Capacity)
        {
            if (_state.Count == _arrays.Length)
            {
                Array.Resize(ref _arrays, Math.Min(_arrays.Length * 2, Capacity));
            }

            _arrays[_state.Count++] = array;
        }

        Exit();
    }

    /// <summary>Drops all arrays when none was taken since the last time, or anyway.</summary>
    public void Trim(bool anyway)
    {
        if (!TryEnter())
        {
            return;
        }

        if (anyway || !_state.WasUsed)
        {
            Array.Clear(_arrays, 0, _state.Count);
            _state.Count = 0;
        }

        _state.WasUsed = false;
        Exit();
    }

    private bool TryEnter()
    {
        for (var i = 0; i < Tries; i++)
        {
            if (Volatile.Read(ref _state.Lock) == 0 && Interlocked.Exchange(ref _state.Lock, 1) == 0)
            {
                return true;
            }

            Thread.SpinWait(i);
        }

        return false;
    }

    private void Exit() => Volatile.Write(ref _state.Lock, 0);

    /// <summary>What all threads write, on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct State
    {
        [FieldOffset(64)]
        public int Lock;

        [FieldOffset(68)]
        public int Count;

        [FieldOffset(72)]
        public bool WasUsed;
    }
}
