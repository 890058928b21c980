using CqlDriver.Protocol;

namespace CqlDriver.Execution;

/// <summary>
/// What came of an attempt, left by the read loop for the work item that handles it: an answer with its body in a rented array,
/// the mark of a void result (which has no body worth keeping), or the reason why the connection ended.
/// </summary>
internal struct Answer
{
    private byte[]? _body;
    private int _length;

    /// <summary>The header of the answer.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>A RESULT of kind void without tracing id, warnings or payload: the commonest answer to a write.</summary>
    public bool IsPlainVoid { get; private set; }

    /// <summary>Why the connection ended; null when there is an answer.</summary>
    public Exception? ConnectionEnd { get; private set; }

    /// <summary>Whether the request had been written when its connection ended.</summary>
    public bool MayHaveBeenWritten { get; private set; }

    public readonly ReadOnlySpan<byte> Body => _body.AsSpan(0, _length);

    /// <summary>Takes an answer over: the array when it is offered, a copy of the body otherwise.</summary>
    public void Set(in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        this = default;
        Header = header;
        if (header.Opcode == Opcode.Result && (header.Flags & ~FrameFlags.Compressed) == FrameFlags.None && body.SequenceEqual(VoidResult))
        {
            IsPlainVoid = true;
            return;
        }

        _length = body.Length;
        if (owned is not null)
        {
            _body = owned;
            owned = null;
        }
        else
        {
            _body = ResponseMemory.Rent(body.Length);
            body.CopyTo(_body);
        }
    }

    public void SetConnectionEnd(Exception reason, bool mayHaveBeenWritten)
    {
        this = default;
        ConnectionEnd = reason;
        MayHaveBeenWritten = mayHaveBeenWritten;
    }

    /// <summary>Gives the body's array to a new owner.</summary>
    public byte[] Detach(out int length)
    {
        length = _length;
        var body = _body!;
        _body = null;
        return body;
    }

    /// <summary>Returns the body's array, if it is still here.</summary>
    public void Release()
    {
        if (_body is { } body)
        {
            ResponseMemory.Return(body);
        }

        this = default;
    }

    // RESULT kind 0x0001 (native protocol v5, section 4.2.5.1).
    private static ReadOnlySpan<byte> VoidResult => [0, 0, 0, 1];
}
