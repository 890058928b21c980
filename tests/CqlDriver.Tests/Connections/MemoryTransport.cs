using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CqlDriver.Tests.Connections;

/// <summary>One end of a byte stream within the process. Disposing it ends both ends at once, as a closed socket does.</summary>
internal sealed class MemoryTransport : Stream
{
    private readonly Pipe _incoming;
    private readonly Pipe _outgoing;
    private volatile bool _isDisposed;

    private MemoryTransport(Pipe incoming, Pipe outgoing) => (_incoming, _outgoing) = (incoming, outgoing);

    public bool IsDisposed => _isDisposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static (MemoryTransport Client, MemoryTransport Server) Create(int capacityBytes = 64 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: capacityBytes, resumeWriterThreshold: capacityBytes / 2, useSynchronizationContext: false);
        var (up, down) = (new Pipe(options), new Pipe(options));
        return (new MemoryTransport(down, up), new MemoryTransport(up, down));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var result = await _incoming.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (_isDisposed)
        {
            throw new IOException("The transport was closed on this side.");
        }

        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        result.Buffer.Slice(0, count).CopyTo(buffer.Span);
        _incoming.Reader.AdvanceTo(result.Buffer.GetPosition(count));
        return count;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var result = await _outgoing.Writer.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (_isDisposed || result.IsCompleted || result.IsCanceled)
        {
            throw new IOException("The transport is closed.");
        }
    }

    /// <summary>No more bytes go out; bytes still come in.</summary>
    public void HalfClose() => _outgoing.Writer.Complete();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _incoming.Reader.CancelPendingRead();
            _outgoing.Writer.CancelPendingFlush();
            _outgoing.Writer.Complete();
        }

        base.Dispose(disposing);
    }
}
