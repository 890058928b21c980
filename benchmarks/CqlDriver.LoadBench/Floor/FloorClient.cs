using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Floor;

/// <summary>
/// What no driver can beat: blocking sockets, a thread for each, requests encoded in advance, answers counted by their headers
/// and not looked at. As many requests are written as answers came, in one write, so the window stays full. One request a
/// window is timed.
/// </summary>
internal sealed class FloorClient(Operation operation, ProtocolVersion version, int port, LatencyHistogram latencies)
{
    private const int PatienceMilliseconds = 10_000;
    private const int InputBytes = 256 * 1024;

    private Exception? _failure;

    /// <summary>Spreads operations and those in flight over the connections.</summary>
    public void Run(int count, int concurrency, int connections)
    {
        var threads = new List<Thread>();
        for (var i = 0; i < Math.Min(connections, concurrency); i++)
        {
            var (window, share) = (Part(concurrency, connections, i), Part(count, Math.Min(connections, concurrency), i));
            threads.Add(new Thread(() => RunConnection(Math.Min(window, share), share)));
        }

        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (_failure is not null)
        {
            throw new LoadFailure($"The floor client: {_failure.Message}");
        }
    }

    private static int Part(int whole, int parts, int i) => (whole / parts) + (i < whole % parts ? 1 : 0);

    private void RunConnection(int window, int count)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true,
                ReceiveTimeout = PatienceMilliseconds,
                SendTimeout = PatienceMilliseconds,
            };
            socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
            Start(socket);
            if (count > 0)
            {
                Exchange(socket, window, count);
            }
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }

    private void Exchange(Socket socket, int window, int count)
    {
        var frames = new FloorFrames(operation, version, window);
        var counter = new AnswerCounter(version);
        var input = new byte[InputBytes];
        var (sent, timed, timedSince) = (window, window, Stopwatch.GetTimestamp());
        Send(socket, frames.Take(window));
        for (var answered = 0; answered < count;)
        {
            var answers = counter.Count(input.AsSpan(0, Receive(socket, input)));
            answered += answers;
            if (answered >= timed)
            {
                latencies.Record(timedSince);
                (timed, timedSince) = (int.MaxValue, 0);
            }

            var next = Math.Min(answers, count - sent);
            if (next == 0)
            {
                continue;
            }

            sent += next;
            if (timed == int.MaxValue)
            {
                (timed, timedSince) = (sent, Stopwatch.GetTimestamp());
            }

            Send(socket, frames.Take(next));
        }
    }

    private void Start(Socket socket)
    {
        using var startup = new GrowableBuffer();
        FloorFrames.WriteStartup(startup, version);
        Send(socket, startup.WrittenSpan);
        Span<byte> ready = stackalloc byte[FrameHeader.Size];
        for (var filled = 0; filled < ready.Length;)
        {
            filled += Receive(socket, ready[filled..]);
        }
    }

    private static int Receive(Socket socket, Span<byte> input)
    {
        var received = socket.Receive(input);
        return received > 0 ? received : throw new LoadFailure("The answerer closed the connection.");
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }
}
