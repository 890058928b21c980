using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Testing.Server;

/// <summary>
/// The outgoing half of a connection. Any thread appends whole frames; whoever calls <see cref="FlushAsync"/> first sends
/// what is there, and what comes meanwhile, in one write for many frames. The read loop flushes once for each read and
/// waits for it, so a client that does not read stops being read.
/// </summary>
internal sealed class ResponseOutput(Stream stream, FreezeSwitch freeze, CancellationToken closing) : IDisposable
{
    // A lock: a frame is appended in several steps and must be whole; taken for microseconds, never across I/O.
    private readonly Lock _gate = new();
    private readonly GrowableBuffer _scratch = new(1024);
    private GrowableBuffer _pending = new(4096);
    private GrowableBuffer _sending = new(4096);
    private FrameCompression _compression;
    private bool _isSegmented;

    /// <summary>Bytes of the pending ones that were appended before segments began; -1: all of them.</summary>
    private int _plainBytes = -1;
    private bool _isSending;
    private int _pieceBytes = int.MaxValue;
    private bool _isDisposed;

    public void Append(int version, short streamId, CqlResponse response, ProtocolExtensions extensions)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                Compress(ResponseEncoder.Encode(_pending, version, streamId, response, extensions));
            }
        }
    }

    public void AppendVoid(int version, short streamId)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                ResponseEncoder.Void(_pending, version, streamId);
            }
        }
    }

    /// <summary>Appends rows. Null cells have length -1.</summary>
    public void AppendRows(int version, short streamId, ResponsePrefix prefix, in RowsHeader header, List<byte[]?[]> rows)
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _scratch.Clear();
            foreach (var row in rows)
            {
                foreach (var cell in row)
                {
                    _scratch.WriteInt32(cell?.Length ?? -1);
                    _scratch.Write(cell);
                }
            }

            Compress(ResponseEncoder.Rows(_pending, version, streamId, prefix, header, _scratch.WrittenSpan));
        }
    }

    /// <summary>Appends bytes as they are.</summary>
    public void AppendRaw(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _pending.Write(bytes);
            }
        }
    }

    /// <summary>What is appended from now on is compressed, and on v5 wrapped in segments.</summary>
    public void Switch(FrameCompression compression, bool toSegments)
    {
        lock (_gate)
        {
            _compression = compression;
            _isSegmented = toSegments;
            _plainBytes = _pending.Length;
        }
    }

    public void WriteInPieces(int bytes) => Volatile.Write(ref _pieceBytes, bytes);

    /// <summary>Sends until nothing is pending, unless somebody else does already.</summary>
    public async Task FlushAsync()
    {
        lock (_gate)
        {
            if (_isSending || _isDisposed)
            {
                return;
            }

            _isSending = true;
        }

        while (true)
        {
            await freeze.WaitAsync(closing).ConfigureAwait(false);
            int length;
            lock (_gate)
            {
                if (_pending.Length == 0 || _isDisposed)
                {
                    _isSending = false;
                    return;
                }

                Prepare();
                length = _sending.Length;
            }

            await WriteAsync(length).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            // A write that was aborted may still hold the buffer: then it is left to the collector.
            _isDisposed = true;
            _scratch.Dispose();
            _pending.Dispose();
            if (!_isSending)
            {
                _sending.Dispose();
            }
        }
    }

    private async Task WriteAsync(int length)
    {
        for (var at = 0; at < length;)
        {
            var piece = Math.Min(length - at, Volatile.Read(ref _pieceBytes));
            await stream.WriteAsync(_sending.WrittenMemory.Slice(at, piece), closing).ConfigureAwait(false);
            at += piece;
        }

        await stream.FlushAsync(closing).ConfigureAwait(false);
    }

    private void Compress(int frameStart)
    {
        if (_compression != FrameCompression.None && !_isSegmented)
        {
            BodyCompression.CompressLastFrame(_pending, frameStart, _compression);
        }
    }

    /// <summary>Makes of the pending frames what goes over the wire.</summary>
    private void Prepare()
    {
        if (!_isSegmented)
        {
            (_pending, _sending) = (_sending, _pending);
            _pending.Clear();
            _plainBytes = -1;
            return;
        }

        _sending.Clear();
        var plain = Math.Max(_plainBytes, 0);
        _sending.Write(_pending.WrittenSpan[..plain]);
        var segments = new SegmentWriter(_compression == FrameCompression.Lz4);
        var start = segments.Open(_sending);
        _sending.Write(_pending.WrittenSpan[plain..]);
        segments.Close(_sending, start);
        _pending.Clear();
        _plainBytes = -1;
    }
}
