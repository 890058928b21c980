using System.Net;
using System.Net.Sockets;
using CqlDriver.Protocol;
using CqlDriver.Types;

namespace CqlDriver.LoadBench.Floor;

/// <summary>
/// What no driver can beat: blocking sockets, requests encoded in advance, answers counted by their headers and not looked
/// at. As many requests are written as answers came, in one write, so the window stays full.
/// </summary>
internal static class FloorClient
{
    public static void Run(LoadOptions options, Operation operation, int port, long count)
    {
        var window = Math.Max(options.Concurrency / options.Connections, 1);
        var share = count / options.Connections;
        var threads = Enumerable.Range(0, options.Connections)
            .Select(_ => new Thread(() => RunConnection(operation, options.Protocol, port, (int)Math.Min(window, share), share)))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    private static void RunConnection(Operation operation, ProtocolVersion version, int port, int window, long count)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        var counter = new AnswerCounter(version);
        Start(socket, version);

        var frames = new FloorFrames(operation, version, window);
        var input = new byte[256 * 1024];
        Send(socket, frames.Take(window));
        long sent = window;
        for (long answered = 0; answered < count;)
        {
            var received = socket.Receive(input);
            if (received == 0)
            {
                throw new InvalidOperationException("The answerer closed the connection.");
            }

            var answers = counter.Count(input.AsSpan(0, received));
            answered += answers;
            var next = (int)Math.Min(answers, count - sent);
            Send(socket, frames.Take(next));
            sent += next;
        }
    }

    private static void Start(Socket socket, ProtocolVersion version)
    {
        using var startup = new GrowableBuffer();
        FloorFrames.WriteStartup(startup, version);
        Send(socket, startup.WrittenSpan);
        Span<byte> ready = stackalloc byte[FrameHeader.Size];
        for (var filled = 0; filled < ready.Length;)
        {
            filled += socket.Receive(ready[filled..]);
        }
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }
}
