using System.Diagnostics;
using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>
/// The read side of a connection: one task that reads, cuts the bytes into messages, and hands each to the request behind its
/// stream id. Never runs user code: all requests answered by one read are posted to the completion queue as one chain.
/// </summary>
/// <remarks>
/// After each read, in this order: ids are published to the write side, the requests no longer count as held, the batch is
/// posted (a continuation finds its own id free), and a writer that waited for an id is run, with the batch if there is one.
/// </remarks>
internal sealed class ReadLoop : IFrameSink, IDisposable
{
    private const short EventStream = -1;

    private readonly ReceiveBuffer _buffer = new();
    private readonly StreamTable _streams;
    private readonly ConnectionLife _life;
    private readonly CompletionQueue _completions;
    private readonly WriteLoop _writer;
    private readonly IncomingFrames _frames;
    private readonly ReadLoopOptions _options;

    private ConnectionRequest? _batchHead;
    private ConnectionRequest? _batchTail;
    private int _orphansAnswered;

    public ReadLoop(StreamTable streams, ConnectionLife life, CompletionQueue completions, WriteLoop writer, IncomingFrames frames, ReadLoopOptions options) =>
        (_streams, _life, _completions, _writer, _frames, _options) = (streams, life, completions, writer, frames, options);

    /// <summary>Reads until the stream ends or fails. The exception says why; there is always one.</summary>
    public async Task<Exception> RunAsync(Stream transport)
    {
        try
        {
            while (true)
            {
                var count = await transport.ReadAsync(_buffer.FreeSpace()).ConfigureAwait(false);
                if (count == 0)
                {
                    return new EndOfStreamException("The node closed the connection.");
                }

                _buffer.Received(count);
                try
                {
                    _buffer.Consume(_frames.Consume(_buffer.Unread, this));
                }
                finally
                {
                    EndBatch();
                }
            }
        }
#pragma warning disable CA1031 // Whatever goes wrong here is the reason why the connection ends.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return failure;
        }
    }

    public void Dispose()
    {
        _buffer.Dispose();
        _frames.Dispose();
    }

    void IFrameSink.OnFrame(in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        if (header.Stream >= 0)
        {
            OnAnswer(header, body, ref owned);
        }
        else if (header.Stream == EventStream)
        {
            _options.OnEvent(header, body);
        }
        else
        {
            throw new CqlProtocolException($"The node answered on stream {header.Stream}; only -1 (events) may be negative.");
        }
    }

    private void OnAnswer(in FrameHeader header, ReadOnlySpan<byte> body, ref byte[]? owned)
    {
        if (!_streams.TryRemove(header.Stream, out var request, out var claimed))
        {
            throw _options.OnUnknownStream(header, body);
        }

        _streams.Free(header.Stream);
        bool isAnswered;
        try
        {
            isAnswered = request.OnAnswer(claimed, header, body, ref owned);
        }
        catch (Exception failure)
        {
            // It is in no table any more: who else would tell it?
            if (request.OnConnectionClosed(claimed, failure, mayHaveBeenWritten: true))
            {
                AddToBatch(request);
            }

            throw;
        }

        if (isAnswered)
        {
            AddToBatch(request);
        }
        else
        {
            _orphansAnswered++;
        }
    }

    private void AddToBatch(ConnectionRequest request)
    {
        Debug.Assert(request.Next is null, "An answered request is in no queue.");
        if (_batchTail is null)
        {
            _batchHead = request;
        }
        else
        {
            _batchTail.Next = request;
        }

        _batchTail = request;
    }

    private void EndBatch()
    {
        var freed = _streams.PublishFreed();
        if (freed > 0)
        {
            _life.OrphansAnswered(_orphansAnswered);
            _orphansAnswered = 0;
            _life.Unhold(freed);
        }

        _life.Received(_options.Time.GetTimestamp());
        var writer = freed > 0 && _writer.TryUnpark() ? _writer : null;
        if (_batchHead is { } head)
        {
            var tail = _batchTail!;
            _batchHead = _batchTail = null;
            _completions.Post(head, tail, writer);
        }
        else
        {
            writer?.Run();
        }

        if (freed > 0)
        {
            _options.OnUnheld();
        }
    }
}

/// <summary>What a read loop needs to know of its connection.</summary>
/// <param name="Time">The clock.</param>
/// <param name="OnEvent">A message on stream -1.</param>
/// <param name="OnUnknownStream">Makes the exception for an answer that nobody asked for.</param>
/// <param name="OnUnheld">Requests were answered.</param>
internal sealed record ReadLoopOptions(TimeProvider Time, FrameHandler OnEvent, FrameFault OnUnknownStream, Action OnUnheld);

internal delegate void FrameHandler(in FrameHeader header, ReadOnlySpan<byte> body);

internal delegate Exception FrameFault(in FrameHeader header, ReadOnlySpan<byte> body);
