using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Testing;

/// <summary>The client ends of what balancers have open towards nodes: nodes tell by them who comes through a balancer.</summary>
internal sealed class BalancedSockets
{
    private readonly ConcurrentDictionary<IPEndPoint, bool> _local = new();

    public void Add(IPEndPoint local) => _local[local] = true;

    public void Remove(IPEndPoint local) => _local.TryRemove(local, out _);

    /// <summary>Whether a socket that a node accepted comes from a balancer.</summary>
    public bool Contains(Socket accepted)
    {
        try
        {
            return accepted.RemoteEndPoint is IPEndPoint remote && _local.ContainsKey(remote);
        }
        catch (SocketException)
        {
            // Gone already.
            return false;
        }
    }
}
