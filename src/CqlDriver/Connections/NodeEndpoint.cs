using System.Net;

namespace CqlDriver;

/// <summary>
/// Where a node says it can be reached: an address or name, and a port. How to reach a node, not who it is: see
/// <see cref="HostId"/>. Immutable; compared by host and port.
/// </summary>
public sealed class NodeEndpoint : IEquatable<NodeEndpoint>
{
    /// <summary>Creates an endpoint from an address.</summary>
    /// <param name="address">The address; IPv4 addresses mapped into IPv6 are taken as IPv4.</param>
    /// <param name="port">The port, 1 to 65,535.</param>
    public NodeEndpoint(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        CheckPort(port);
        Address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Host = Address.ToString();
        Port = port;
    }

    /// <summary>Creates an endpoint from a name or the text of an address.</summary>
    /// <param name="host">A DNS name, resolved each time it is dialled, or an address.</param>
    /// <param name="port">The port, 1 to 65,535.</param>
    public NodeEndpoint(string host, int port)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        CheckPort(port);
        if (IPAddress.TryParse(host, out var address))
        {
            Address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            Host = Address.ToString();
        }
        else
        {
            Host = host.ToLowerInvariant();
        }

        Port = port;
    }

    /// <summary>The address as text, or the DNS name.</summary>
    public string Host { get; }

    /// <summary>The address, or null when <see cref="Host"/> is a name.</summary>
    public IPAddress? Address { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <inheritdoc/>
    public bool Equals(NodeEndpoint? other) => other is not null && Port == other.Port && Host == other.Host;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NodeEndpoint);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Port);

    /// <inheritdoc/>
    public override string ToString() => Address?.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static void CheckPort(int port)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
    }
}
