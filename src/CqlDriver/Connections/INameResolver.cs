using System.Net;
using System.Net.Sockets;

namespace CqlDriver.Connections;

/// <summary>Finds the addresses of names. Thread-safe.</summary>
internal interface INameResolver
{
    /// <summary>At least one address, in the order in which they are to be tried.</summary>
    /// <exception cref="SocketException">There is none.</exception>
    Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Asks the operating system, each time.</summary>
internal sealed class SystemNames : INameResolver
{
    private SystemNames() { }

    public static SystemNames Instance { get; } = new();

    public async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(name, cancellationToken).ConfigureAwait(false);
        return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
    }
}
