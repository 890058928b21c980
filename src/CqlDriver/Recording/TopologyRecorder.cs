using System.Reflection;
using System.Threading.Channels;
using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>
/// Writes down everything that a cluster object learns about its cluster, and every decision it takes: a black box that
/// <see cref="TopologyRecording"/> replays and explains. Give it to one cluster object, by <see cref="CqlClusterOptions.Recorder"/>; dispose
/// it after that one.
/// </summary>
/// <remarks>
/// <para>No secret enters a recording: credentials never reach the part that is recorded. Names and addresses of nodes, datacenters and
/// keyspaces do; tables and their columns do not, but for the names of those that were changed meanwhile.</para>
/// <para>The cluster object never waits for it. What is written is bounded: when more than 64 MiB wait for a slow file, or the
/// file cannot be written, recording ends there (<see cref="Error"/>), and the cluster object goes on.</para>
/// </remarks>
public sealed class TopologyRecorder : IAsyncDisposable
{
    private const long MaxPendingBytes = 64 << 20;

    private readonly Channel<byte[]> _frames = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Stream _stream;
    private readonly bool _leavesOpen;
    private readonly Task _writing;
    private Exception? _error;
    private long _pendingBytes;
    private int _isAttached;
    private int _isDisposed;

    /// <summary>Begins a recording.</summary>
    /// <param name="stream">Where it is written to.</param>
    /// <param name="leaveOpen">Whether the stream is left open when the recorder is disposed.</param>
    public TopologyRecorder(Stream stream, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        }

        (_stream, _leavesOpen) = (stream, leaveOpen);
        Steps = new StepRecorder(this);
        using (ExecutionContext.SuppressFlow())
        {
            _writing = WriteAsync();
        }
    }

    /// <summary>Why recording ended early; null: it did not.</summary>
    public Exception? Error => Volatile.Read(ref _error);

    internal IStepRecorder Steps { get; }

    /// <summary>Begins a recording in a new file.</summary>
    /// <param name="path">The file; one that is there already is overwritten.</param>
    public static TopologyRecorder ToFile(string path) =>
        new(new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, Options = FileOptions.Asynchronous }));

    /// <summary>Writes what is left, and closes the stream unless it is to be left open.</summary>
    public async ValueTask DisposeAsync()
    {
        _frames.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0 && !_leavesOpen)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void Add(byte[] frame)
    {
        if (Interlocked.Add(ref _pendingBytes, frame.Length) > MaxPendingBytes)
        {
            Stop(new IOException($"More than {MaxPendingBytes >> 20} MiB waited to be written: the recording ends here."));
        }
        else
        {
            _frames.Writer.TryWrite(frame);
        }
    }

    private void Stop(Exception error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        _frames.Writer.TryComplete();
    }

    private async Task WriteAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            RecordingFrames.Begin(_stream);
            while (await _frames.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_frames.Reader.TryRead(out var frame))
                {
                    Interlocked.Add(ref _pendingBytes, -frame.Length);
                    await _stream.WriteAsync(frame).ConfigureAwait(false);
                }

                await _stream.FlushAsync().ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // Whatever the stream throws: the cluster object goes on without a recording, and Error tells.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Stop(error);
        }
    }

    /// <summary>Makes the frames of one step, on the loop's thread.</summary>
    private sealed class StepRecorder(TopologyRecorder owner) : IStepRecorder
    {
        private readonly LogWriter _input = new();
        private readonly LogWriter _notes = new();
        private readonly LogWriter _frame = new();
        private readonly List<byte[]> _changes = [];
        private NotingOutside? _outside;
        private int _noteCount;

        public StepOutside Outside => _outside ??= new NotingOutside(Note);

        public void Attach(TopologySettings settings)
        {
            if (Interlocked.Exchange(ref owner._isAttached, 1) != 0)
            {
                throw new InvalidOperationException("This recorder records another cluster object already: each needs one of its own.");
            }

            _frame.Clear();
            _frame.Text(typeof(TopologyRecorder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?");
            RecorderSettings.Write(_frame, settings);
            MetadataCodec.Write(_frame, Metadata.Empty);
            owner.Add(RecordingFrames.ToBytes(RecordingFrameKind.Began, _frame.Written));
        }

        public void Begin(TopologyInput input, Metadata current)
        {
            _changes.Clear();
            _notes.Clear();
            _noteCount = 0;
            _input.Clear();
            _input.Time(input.At);
            try
            {
                InputCodec.Write(_input, input, current);
            }
#pragma warning disable CA1031 // A defect here must not be one of the topology's.
            catch (Exception error)
#pragma warning restore CA1031
            {
                owner.Stop(error);
            }
        }

        public void Decided(IReadOnlyList<TopologyChange> changes, TimeSpan at)
        {
            foreach (var change in changes)
            {
                _frame.Clear();
                ChangeFrames.Write(_frame, change, at);
                _changes.Add(RecordingFrames.ToBytes(RecordingFrameKind.Change, _frame.Written));
            }
        }

        public void End(bool hasFailed)
        {
            if (owner.Error is not null)
            {
                return;
            }

            _frame.Clear();
            _frame.Bool(hasFailed);
            _frame.Count(_noteCount);
            _frame.Raw(_notes.Written);
            _frame.Raw(_input.Written);
            owner.Add(RecordingFrames.ToBytes(RecordingFrameKind.Input, _frame.Written));
            foreach (var change in _changes)
            {
                owner.Add(change);
            }
        }

        private void Note(StepNoteKind kind, ReadOnlySpan<byte> answer)
        {
            _notes.Byte((byte)kind);
            _notes.Bytes(answer);
            _noteCount++;
        }
    }

    private delegate void TakeNote(StepNoteKind kind, ReadOnlySpan<byte> answer);

    private sealed class NotingOutside(TakeNote note) : StepOutside
    {
        public override bool IsOpen(IPooledConnection connection)
        {
            var isOpen = base.IsOpen(connection);
            note(StepNoteKind.IsOpen, [isOpen ? (byte)1 : (byte)0]);
            return isOpen;
        }

        public override TimeSpan Delay(Func<TimeSpan> ask)
        {
            var delay = base.Delay(ask);
            note(StepNoteKind.Delay, BitConverter.GetBytes(delay.Ticks));
            return delay;
        }

        public override byte[] Distances(Func<byte[]> ask)
        {
            var distances = base.Distances(ask);
            note(StepNoteKind.Distances, distances);
            return distances;
        }
    }
}
