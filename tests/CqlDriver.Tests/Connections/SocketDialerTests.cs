using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CqlDriver.Connections;
using CqlDriver.Protocol;

namespace CqlDriver.Tests.Connections;

public sealed class SocketDialerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly RecordingObserver _observer = new();

    public SocketDialerTests() => _listener.Start();

    private NodeEndpoint Endpoint => new(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndpoint).Port);

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Requests_pass_over_a_socket(ProtocolVersion version)
    {
        var (connection, peer) = await ConnectAsync(new ConnectionSettings(), version);
        await using var _ = connection;
        var requests = Enqueue(connection, 1_000);
        for (var i = 0; i < requests.Length; i++)
        {
            await peer.SendAsync(new VoidResponse(), (await peer.ReceiveAsync()).Header);
        }

        await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
        requests.Should().OnlyContain(request => request.Answers == 1);
    }

    [Theory]
    [InlineData(SocketShutdown.Send)]
    [InlineData(null)]
    public async Task A_half_closed_or_reset_socket_ends_every_request_once(SocketShutdown? shutdown)
    {
        var settings = new ConnectionSettings { MaxInFlight = 10_000 };
        var opening = OpenAsync(settings);
        using var socket = await _listener.AcceptSocketAsync();
        using var peer = new ScriptedPeer(new NetworkStream(socket));
        await peer.AcceptAsync(ScriptedPeer.CassandraSupports("5/v5"));
        await using var connection = await opening.WaitAsync(Limit);
        var requests = Enqueue(connection, 10_000);
        if (shutdown is { } half)
        {
            socket.Shutdown(half);
        }
        else
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }

        await Task.WhenAll(requests.Select(request => request.Outcome)).WaitAsync(Limit);
        requests.Should().OnlyContain(request => request.Ends.Count == 1);
        (await _observer.Closed).Should().BeOfType<CqlConnectionException>().Which.Endpoint.Should().Be(Endpoint);
    }

    [Fact]
    public async Task A_refused_connection_says_where_and_why()
    {
        var endpoint = Endpoint;
        _listener.Stop();
        var opening = CqlConnection.OpenAsync(new ConnectionSettings(), endpoint, new ConnectionId(1), ConnectionPurpose.Anyone, _observer, CancellationToken.None);
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage($"*{endpoint}*refused*");
    }

    [Fact]
    public async Task A_name_that_does_not_exist_says_so()
    {
        var endpoint = new NodeEndpoint("no-such-node.invalid", 9042);
        var opening = CqlConnection.OpenAsync(new ConnectionSettings { ConnectTimeout = Limit }, endpoint, new ConnectionId(1), ConnectionPurpose.Anyone, _observer, CancellationToken.None);
        (await opening.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage("*no-such-node.invalid:9042*");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 7)]
    [InlineData(63, 64)]
    public async Task A_shard_wish_chooses_the_local_port(int shard, int shards)
    {
        for (var i = 0; i < 5; i++)
        {
            await using var stream = await SocketDialer.Instance.DialAsync(new ConnectionSettings(), Endpoint, new ShardWish(shard, shards), CancellationToken.None);
            using var socket = await _listener.AcceptSocketAsync();
            (((IPEndPoint)socket.RemoteEndPoint!).Port % shards).Should().Be(shard);
        }
    }

    [Fact]
    public async Task With_tls_everything_passes_and_closing_in_flight_ends_every_request()
    {
        using var certificate = SelfMade("127.0.0.1");
        var settings = new ConnectionSettings { Tls = new CqlTlsOptions { TrustedAuthorities = [certificate] } };
        var (connection, peer) = await ConnectTlsAsync(settings, certificate);
        var answered = Enqueue(connection, 100);
        foreach (var _ in answered)
        {
            await peer.SendAsync(new VoidResponse(), (await peer.ReceiveAsync()).Header);
        }

        await Task.WhenAll(answered.Select(request => request.Outcome)).WaitAsync(Limit);
        var pending = Enqueue(connection, 100);
        await connection.DisposeAsync();
        await Task.WhenAll(pending.Select(request => request.Outcome)).WaitAsync(Limit);
        pending.Should().OnlyContain(request => request.Ends.Count == 1);
    }

    [Theory]
    [InlineData("127.0.0.1", false, true, false)]                   // nobody vouches for it
    [InlineData("127.0.0.9", true, true, false)]                    // vouched for, another name
    [InlineData("127.0.0.9", true, false, true)]                    // vouched for, names are not compared
    [InlineData("127.0.0.9", false, false, false)]                  // no names, but still nobody vouches
    public async Task A_certificate_is_verified_unless_that_is_switched_off(string name, bool isTrusted, bool verifyName, bool isAccepted)
    {
        using var certificate = SelfMade(name);
        var tls = new CqlTlsOptions { VerifyHostName = verifyName, TrustedAuthorities = isTrusted ? [certificate] : null };
        var connecting = ConnectTlsAsync(new ConnectionSettings { Tls = tls }, certificate);
        if (isAccepted)
        {
            await (await connecting).Connection.DisposeAsync();
        }
        else
        {
            (await connecting.Invoking(task => task).Should().ThrowAsync<CqlConnectionException>()).WithMessage("TLS with 127.0.0.1*");
        }
    }

    [Fact]
    public void Tls_options_are_copied_whole()
    {
        var options = new CqlTlsOptions { TargetHost = "a", VerifyHostName = false, RevocationMode = X509RevocationMode.Online, CertificateValidation = (_, _, _, errors) => errors == SslPolicyErrors.None };
        options.Copy().Should().BeEquivalentTo(options).And.NotBeSameAs(options);
    }

    private static ProbeRequest[] Enqueue(CqlConnection connection, int count)
    {
        var requests = Enumerable.Range(0, count).Select(_ => new ProbeRequest()).ToArray();
        foreach (var request in requests)
        {
            connection.TryEnqueue(request).Should().Be(EnqueueResult.Taken);
        }

        return requests;
    }

    private static X509Certificate2 SelfMade(string address)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private Task<CqlConnection> OpenAsync(ConnectionSettings settings) =>
        CqlConnection.OpenAsync(settings with { ConnectTimeout = Limit }, Endpoint, new ConnectionId(1), ConnectionPurpose.Anyone, _observer, CancellationToken.None);

    private async Task<(CqlConnection Connection, ScriptedPeer Peer)> ConnectAsync(ConnectionSettings settings, ProtocolVersion version)
    {
        var opening = OpenAsync(settings);
        var socket = await _listener.AcceptSocketAsync();
        var peer = new ScriptedPeer(new NetworkStream(socket, ownsSocket: true));
        await peer.AcceptAsync(ScriptedPeer.CassandraSupports($"{(int)version}/v{(int)version}"));
        return (await opening.WaitAsync(Limit), peer);
    }

    private async Task<(CqlConnection Connection, ScriptedPeer Peer)> ConnectTlsAsync(ConnectionSettings settings, X509Certificate2 certificate)
    {
        var opening = OpenAsync(settings);
        var socket = await _listener.AcceptSocketAsync();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        try
        {
            await tls.AuthenticateAsServerAsync(certificate).WaitAsync(Limit);
            var peer = new ScriptedPeer(tls);
            await peer.AcceptAsync(ScriptedPeer.CassandraSupports("5/v5"));
            return (await opening.WaitAsync(Limit), peer);
        }
        catch (Exception failure) when (failure is not TimeoutException)
        {
            await tls.DisposeAsync();
            await opening.WaitAsync(Limit);                         // the client's own words
            throw;
        }
    }
}
