using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Testing.Server;

/// <summary>Gives nodes addresses and ports that are free on this machine.</summary>
internal sealed class EndpointAllocator
{
    private const int Tries = 50;
    private readonly int _fixedPort;
    private int _port;
    private int _nextHost = 1;

    public EndpointAllocator(EndpointLayout layout, int fixedPort)
    {
        UsesPorts = layout == EndpointLayout.Ports || (layout == EndpointLayout.Automatic && OperatingSystem.IsMacOS());
        _fixedPort = fixedPort;
        _port = fixedPort;
    }

    /// <summary>All nodes are on one address.</summary>
    public bool UsesPorts { get; }

    /// <summary>Listeners for so many nodes; on loopback addresses all on one port.</summary>
    public List<Socket> ListenAll(int count)
    {
        for (var attempt = 1; ; attempt++)
        {
            var listeners = new List<Socket>(count);
            try
            {
                while (listeners.Count < count)
                {
                    listeners.Add(Listen());
                }

                return listeners;
            }
            catch (SocketException) when (_fixedPort == 0 && attempt < Tries)
            {
                // The port that was free on the first address is taken on another: all begin anew with the next.
                listeners.ForEach(listener => listener.Dispose());
                _port = 0;
                _nextHost = 1;
            }
            catch (SocketException)
            {
                listeners.ForEach(listener => listener.Dispose());
                throw;
            }
        }
    }

    /// <summary>A listener at an endpoint that no node of the cluster has had.</summary>
    public Socket Listen()
    {
        var wanted = UsesPorts && _fixedPort != 0 ? _fixedPort + _nextHost - 1 : UsesPorts ? 0 : _port;
        var listener = NodeServer.Listen(UsesPorts ? IPAddress.Loopback : AddressOf(_nextHost), wanted);
        _nextHost++;
        _port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        return listener;
    }

    public static NodeEndpoint EndpointOf(Socket listener)
    {
        var local = (IPEndPoint)listener.LocalEndPoint!;
        return new NodeEndpoint(local.Address, local.Port);
    }

    private static IPAddress AddressOf(int host) => new([127, 0, (byte)(host / 250), (byte)(host % 250 == 0 ? 250 : host % 250)]);
}
