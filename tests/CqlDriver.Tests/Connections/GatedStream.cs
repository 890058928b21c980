namespace CqlDriver.Tests.Connections;

/// <summary>A stream that records what is written and, while it is shut, lets writes pend until the test opens it.</summary>
internal sealed class GatedStream : Stream
{
    private readonly object _lock = new();
    private readonly List<byte[]> _writes = [];
    private TaskCompletionSource? _gate;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;

    public Action<int>? OnWrite { get; set; }

    public IReadOnlyList<byte[]> Writes
    {
        get
        {
            lock (_lock)
            {
                return [.. _writes];
            }
        }
    }

    public int Bytes => Writes.Sum(write => write.Length);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public void Shut()
    {
        lock (_lock)
        {
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Open()
    {
        TaskCompletionSource? gate;
        lock (_lock)
        {
            gate = _gate;
            _gate = null;
        }

        gate?.SetResult();
    }

    public void Fail(Exception failure)
    {
        TaskCompletionSource? gate;
        lock (_lock)
        {
            _failure = failure;
            gate = _gate;
            _gate = null;
        }

        gate?.SetException(failure);
    }

    /// <summary>Ends when the writes so far fulfil the condition.</summary>
    public async Task WhenWritten(Func<IReadOnlyList<byte[]>, bool> condition, string what)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (condition(_writes))
                {
                    return;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(TimeSpan.FromSeconds(20));
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"Waited for {what}; written were {Writes.Count} times, {Bytes} bytes.");
            }
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource changed;
        Task? gate;
        lock (_lock)
        {
            if (_failure is not null)
            {
                return ValueTask.FromException(_failure);
            }

            _writes.Add(buffer.ToArray());
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            gate = _gate?.Task;
        }

        changed.SetResult();
        OnWrite?.Invoke(buffer.Length);
        return gate is null ? ValueTask.CompletedTask : new ValueTask(gate);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
