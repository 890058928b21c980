using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>
/// A server in a process of its own that answers a driver with canned bytes: the yardstick of the load generator. It knows
/// enough of v4 and v5 for a driver to connect and prepare; executions get answers encoded in advance, a thread for each
/// connection. It checks nothing. A line on its standard input is answered by what it has counted; it ends when its standard
/// input does, so that it never outlives who spawned it.
///
/// It writes at most some answers at once. Without a limit a client that writes as many requests as answers came, and the
/// floor is one, falls into step with it: all in flight go to and fro in one write, whoever is not writing sleeps, and the
/// floor costs 0.04 us an operation at 256 in flight, or ten times that, by how the scheduler places the two. No server does that.
/// </summary>
internal sealed class CannedServer(LoadOptions options)
{
    /// <summary>Written before the port on the first line of standard output.</summary>
    public const string Greeting = "listening on ";

    private long _executions;
    private long _batches;
    private long _requestBytes;
    private long _answerBytes;

    /// <summary>How long a batch of answers waits before it is sent.</summary>
    public TimeSpan Delay { get; } = options.AnswerDelay;

    /// <summary>The most answers of a batch.</summary>
    public int Batch { get; } = options.AnswerBatch;

    public int Port { get; private set; }

    public static int Run(LoadOptions options)
    {
        var server = new CannedServer(options);
        server.Listen();
        Console.WriteLine(Greeting + server.Port.ToString(CultureInfo.InvariantCulture));
        while (Console.In.ReadLine() is not null)
        {
            Console.WriteLine(server.Counts());
        }

        return 0;
    }

    /// <summary>Takes connections from now on, until the process ends: in <see cref="Run"/>, or in that of a benchmark.</summary>
    public void Listen()
    {
        // Closed by the end of the process: the thread that accepts is in it until then.
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(128);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        new Thread(() => Accept(listener)) { IsBackground = true }.Start();
    }

    /// <summary>Called before the answers are sent, so that whoever has them finds them counted.</summary>
    public void Count(int executions, int requestBytes, int answerBytes)
    {
        Interlocked.Add(ref _executions, executions);
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _requestBytes, requestBytes);
        Interlocked.Add(ref _answerBytes, answerBytes);
    }

    private AnswererCounts Counts() => new(
        Environment.CpuUsage.TotalTime,
        Interlocked.Read(ref _executions),
        Interlocked.Read(ref _batches),
        Interlocked.Read(ref _requestBytes),
        Interlocked.Read(ref _answerBytes));

    private void Accept(Socket listener)
    {
        while (true)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => Serve(socket)) { IsBackground = true }.Start();
        }
    }

    private void Serve(Socket socket)
    {
        using (socket)
        {
            try
            {
                new CannedConnection(socket, this).Serve();
            }
            catch (SocketException)
            {
                // The client has gone; that is how connections end here.
            }
            catch (Exception failure)
            {
                Console.Error.WriteLine($"answerer: {failure}");
            }
        }
    }
}
