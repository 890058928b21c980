using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace CqlDriver.Connections;

/// <summary>
/// Opens TCP connections, with TLS when asked for. Names are resolved at each dial and their addresses tried in turn.
/// </summary>
internal sealed class SocketDialer : ITransportDialer
{
    public static readonly SocketDialer Instance = new();

    // Local ports for shard-aware dials: the range that IANA leaves to clients.
    private const int FirstLocalPort = 49_152;
    private const int LocalPorts = 65_536 - FirstLocalPort;
    private const int MaxLocalPortTries = 64;

    // Where the next search for a local port starts, so that dials in a row do not collide.
    private int _nextLocalPort;

    public async Task<Stream> DialAsync(ConnectionSettings settings, NodeEndpoint endpoint, ShardWish? shard, CancellationToken cancellationToken)
    {
        var stream = await ConnectToAnyAsync(settings, endpoint, shard, cancellationToken).ConfigureAwait(false);
        if (settings.Tls is null)
        {
            return stream;
        }

        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(settings.Tls.ForEndpoint(endpoint), cancellationToken).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            if (failure is AuthenticationException or IOException)
            {
                throw new CqlConnectionException(
                    $"TLS with {endpoint} failed: {failure.Message} Check that the node serves TLS on this port and that its certificate is trusted and names '{settings.Tls.TargetHost ?? endpoint.Host}'. {settings.Tls.NameSource}".TrimEnd(),
                    endpoint, innerException: failure);
            }

            throw;
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(ConnectionSettings settings, NodeEndpoint endpoint, CancellationToken cancellationToken)
    {
        if (endpoint.Address is { } address)
        {
            return [address];
        }

        try
        {
            return await settings.Names.ResolveAsync(endpoint.Host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            throw new CqlConnectionException($"The name of {endpoint} could not be resolved: {failure.Message}.", endpoint, innerException: failure);
        }
    }

    private async Task<Stream> ConnectToAnyAsync(ConnectionSettings settings, NodeEndpoint endpoint, ShardWish? shard, CancellationToken cancellationToken)
    {
        Exception? last = null;
        var addresses = await ResolveAsync(settings, endpoint, cancellationToken).ConfigureAwait(false);
        foreach (var address in addresses)
        {
            // An address that swallows packets must leave time for the next.
            using var share = new CancellationTokenSource(settings.ConnectTimeout / addresses.Length, settings.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(share.Token, cancellationToken);
            try
            {
                return await ConnectAsync(settings, new IPEndPoint(address, endpoint.Port), shard, either.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested && addresses.Length > 1))
            {
                last = failure;
            }
        }

        throw new CqlConnectionException(
            addresses.Length == 1
                ? $"Could not connect to {endpoint}: {last!.Message}."
                : $"Could not connect to {endpoint}: none of its {addresses.Length} addresses answered, the last with: {last!.Message}.",
            endpoint, innerException: last);
    }

    private async Task<Stream> ConnectAsync(ConnectionSettings settings, IPEndPoint remote, ShardWish? shard, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var socket = CreateSocket(settings, remote.AddressFamily);
            try
            {
                if (shard is { } wish)
                {
                    socket.Bind(new IPEndPoint(remote.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, NextLocalPort(wish)));
                }

                await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException taken) when (shard is not null && IsLocalPortTaken(taken) && attempt < MaxLocalPortTries)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static bool IsLocalPortTaken(SocketException failure) =>
        failure.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.AccessDenied;

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The caller disposes it.")]
    private static Socket CreateSocket(ConnectionSettings settings, AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = settings.NoDelay };
        if (settings.SocketSendBufferBytes is { } send)
        {
            socket.SendBufferSize = send;
        }

        if (settings.SocketReceiveBufferBytes is { } receive)
        {
            socket.ReceiveBufferSize = receive;
        }

        return socket;
    }

    // The node takes source port mod shards as the shard.
    private int NextLocalPort(ShardWish wish)
    {
        var rounds = Math.Max(1, LocalPorts / wish.ShardCount - 1);
        var round = (int)((uint)Interlocked.Increment(ref _nextLocalPort) % (uint)rounds);
        var first = FirstLocalPort + ((wish.Shard - FirstLocalPort) % wish.ShardCount + wish.ShardCount) % wish.ShardCount;
        return first + round * wish.ShardCount;
    }
}
