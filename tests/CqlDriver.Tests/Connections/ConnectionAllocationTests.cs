using System.Buffers.Binary;
using System.Threading.Tasks.Sources;
using CqlDriver.Connections;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.Tests.Connections;

/// <summary>Runs alone: what neighbours allocate would be counted too.</summary>
[CollectionDefinition(nameof(MeasuresAllocations), DisableParallelization = true)]
public sealed class MeasuresAllocations;

[Collection(nameof(MeasuresAllocations))]
public class ConnectionAllocationTests
{
    private static readonly byte[] Void = [0, 0, 0, 1];

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public async Task A_request_in_steady_state_allocates_nothing(int inFlight)
    {
        const int Each = 2_000;
        var outcome = HandshakeOutcome.Ready(new AnsweringTransport(), new ConnectionFacts(ProtocolVersion.V4), CqlCompression.None, null);
        await using var connection = new CqlConnection(ConnectionSettings.Default, ConnectionBench.Endpoint, new ConnectionId(1), outcome, new RecordingObserver());
        connection.Start();
        var requests = Enumerable.Range(0, inFlight).Select(_ => new ReusedRequest()).ToArray();
        await RunAsync(connection, requests, Each);

        // What is paid once (pools, tiers of the compiler, the callers' tasks) differs from round to round; the best shows the rest.
        var best = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(connection, requests, Each);
            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Each * inFlight));
        }

        best.Should().BeLessThan(2, "bytes per request, with the tasks of {0} callers among them", inFlight);
    }

    private static Task RunAsync(CqlConnection connection, ReusedRequest[] requests, int each) => Task.WhenAll(requests.Select(request => Task.Run(async () =>
    {
        for (var i = 0; i < each; i++)
        {
            await request.AskAsync(connection);
        }
    })));

    private sealed class ReusedRequest : ConnectionRequest, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;

        public ValueTask AskAsync(CqlConnection connection)
        {
            _core.Reset();
            Reset(Current.NextVersion().With(RequestState.Queued));
            if (connection.TryEnqueue(this) != EnqueueResult.Taken)
            {
                throw new InvalidOperationException("The connection did not take the request.");
            }

            return new ValueTask(this, _core.Version);
        }

        public void GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        internal override void Encode(GrowableBuffer buffer, short stream, ConnectionFacts connection) =>
            RequestEncoder.Options(buffer, new RequestHead(connection.Version, stream));

        internal override bool OnAnswer(RequestToken claimed, in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned) =>
            TryMove(claimed, claimed.With(RequestState.Answered));

        internal override bool OnConnectionClosed(RequestToken token, Exception reason, bool mayHaveBeenWritten) =>
            TryMove(token, token.With(RequestState.Answered));

        internal override void Complete() => _core.SetResult(true);
    }

    /// <summary>
    /// Answers every frame of nine bytes with a VOID result, without a task or an async method of its own: in debug builds
    /// those allocate at each call.
    /// </summary>
    private sealed class AnsweringTransport : Stream, IValueTaskSource<int>
    {
        private readonly Lock _lock = new();
        private readonly byte[] _answers = new byte[64 * 1024];
        private ManualResetValueTaskSourceCore<int> _reading = new() { RunContinuationsAsynchronously = true };
        private Memory<byte> _destination;
        private int _length;
        private bool _isReading;
        private bool _isDisposed;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_lock)
            {
                for (var requests = buffer.Span; !requests.IsEmpty; requests = requests[FrameHeader.Size..])
                {
                    var stream = BinaryPrimitives.ReadInt16BigEndian(requests[2..]);
                    new FrameHeader(4, true, FrameFlags.None, stream, Opcode.Result, Void.Length).Write(_answers.AsSpan(_length));
                    Void.CopyTo(_answers.AsSpan(_length + FrameHeader.Size));
                    _length += FrameHeader.Size + Void.Length;
                }

                EndRead();
            }

            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_lock)
            {
                _reading.Reset();
                (_destination, _isReading) = (buffer, true);
                EndRead();
                return new ValueTask<int>(this, _reading.Version);
            }
        }

        public int GetResult(short token) => _reading.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _reading.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _reading.OnCompleted(continuation, state, token, flags);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            lock (_lock)
            {
                _isDisposed = true;
                EndRead();
            }

            base.Dispose(disposing);
        }

        private void EndRead()
        {
            if (!_isReading || (_length == 0 && !_isDisposed))
            {
                return;
            }

            var count = Math.Min(_length, _destination.Length);
            _answers.AsSpan(0, count).CopyTo(_destination.Span);
            _answers.AsSpan(count, _length - count).CopyTo(_answers);
            _length -= count;
            _isReading = false;
            _reading.SetResult(count);
        }
    }
}
