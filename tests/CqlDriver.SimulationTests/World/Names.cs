using System.Net;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>Host ids and endpoints by small numbers, made once.</summary>
internal static class Names
{
    private const int Port = 9042;
    private static readonly HostId[] Ids = [.. Enumerable.Range(0, 256).Select(static number => new HostId(new Guid(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1])))];
    private static readonly NodeEndpoint[] Endpoints = [.. Enumerable.Range(0, 32).Select(static number => new NodeEndpoint(new IPAddress([10, 0, 0, (byte)(number + 1)]), Port))];
    private static readonly NodeEndpoint[] Aliases = [.. Enumerable.Range(0, 32).Select(static number => new NodeEndpoint(new IPAddress([10, 0, 1, (byte)(number + 1)]), Port))];
    private static readonly IPEndPoint[] Addresses = [.. Endpoints.Select(static endpoint => new IPEndPoint(endpoint.Address!, Port))];

    public static HostId Id(int number) => Ids[number];

    public static NodeEndpoint Endpoint(int address) => Endpoints[address];

    /// <summary>Another way to the same place, as through a balancer: good for dialling, and nobody's endpoint.</summary>
    public static NodeEndpoint Alias(int address) => Aliases[address];

    /// <summary>The same through one of several private connections; one of no address leads nowhere.</summary>
    public static string Via(int connection, int address) => $"10.0.{2 + connection}.{(address >= 0 ? address + 1 : 200)}";

    /// <summary>Where nodes say that they are.</summary>
    public static bool IsOwn(NodeEndpoint endpoint) => endpoint.Address?.GetAddressBytes()[2] == 0;

    public static bool IsAlias(NodeEndpoint? endpoint) => endpoint is not null && Array.Exists(Aliases, alias => alias.Equals(endpoint));

    public static IPEndPoint Address(int address) => Addresses[address];

    /// <summary>The address of an endpoint; −1 when it is none of the world.</summary>
    public static int AddressOf(NodeEndpoint endpoint) => endpoint.Address is { } address ? address.GetAddressBytes()[3] - 1 : -1;

    public static string Short(HostId hostId) => $"n{NumberOf(hostId)}";

    public static string Short(NodeRow row) =>
        $"{(row.HostId is { } id && id != Guid.Empty ? Short(new HostId(id)) : "?")}@{(row.Address is { } address ? AddressOf(new NodeEndpoint(address, Port)) : "?")}";

    private static int NumberOf(HostId hostId) => Array.IndexOf(Ids, hostId);
}
