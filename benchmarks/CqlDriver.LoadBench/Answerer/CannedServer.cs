using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.LoadBench.Answerer;

/// <summary>
/// A server in a process of its own that answers a driver with canned bytes: the yardstick of the load generator. It knows
/// enough of v4 and v5 for a driver to connect and prepare; executions get answers encoded in advance, all answers of one
/// read in one write, a thread for each connection. It checks nothing. It ends when its standard input does, so that it
/// never outlives who spawned it.
/// </summary>
internal static class CannedServer
{
    /// <summary>Written before the port on the first line of standard output.</summary>
    public const string Greeting = "listening on ";

    public static int Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(128);
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        new Thread(() => Accept(listener, port)) { IsBackground = true }.Start();
        Console.WriteLine(Greeting + port.ToString(CultureInfo.InvariantCulture));
        while (Console.In.Read() >= 0)
        {
        }

        return 0;
    }

    private static void Accept(Socket listener, int port)
    {
        while (true)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => Serve(socket, port)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket, int port)
    {
        using (socket)
        {
            try
            {
                new CannedConnection(socket, port).Serve();
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
