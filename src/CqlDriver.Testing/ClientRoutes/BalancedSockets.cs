using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Testing;

/// <summary>The client ends of what balancers have open towards nodes: nodes tell by them who comes through a balancer.</summary>
internal sealed class BalancedSockets
{
    private readonly ConcurrentDictionary<IPEndPoint, object> _local = new();

    public void Add(IPEndPoint local, object owner) => _local[local] = owner;

    /// <summary>A port that is free again may be another one's by now.</summary>
    public void Remove(IPEndPoint local, object owner) => _local.TryRemove(KeyValuePair.Create(local, owner));

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
