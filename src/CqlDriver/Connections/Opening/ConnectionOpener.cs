using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>Opens one connection: everything between the wish and a connection that may be handed out, under one limit.</summary>
internal sealed class ConnectionOpener(
    ConnectionSettings settings, NodeEndpoint endpoint, ConnectionId id, ConnectionPurpose purpose, IConnectionObserver observer)
{
    // SASL mechanisms take a handful of rounds; a node that asks for ever is not believed.
    private const int MaxAuthenticationRounds = 16;

    private readonly Handshake _handshake = new(settings, endpoint, purpose);
    private string? _phase;

    public async Task<CqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(settings.ConnectTimeout, settings.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await OpenWithinLimitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException($"Opening a connection to {endpoint} was cancelled while {_phase ?? _handshake.Phase}.", cancellationToken);
        }
        catch (OperationCanceledException timeout)
        {
            throw new CqlConnectionException(
                $"Opening a connection to {endpoint} took longer than {settings.ConnectTimeout.TotalSeconds:0.###} s; it was still {_phase ?? _handshake.Phase}.",
                endpoint, purpose.ExpectedHostId, timeout);
        }
    }

    private async Task<CqlConnection> OpenWithinLimitAsync(CancellationToken cancellationToken)
    {
        var outcome = await _handshake.RunAsync(cancellationToken).ConfigureAwait(false);
        var connection = new CqlConnection(settings, endpoint, id, outcome, observer);
        connection.Start();
        try
        {
            if (outcome.Authenticator is { } authenticator)
            {
                await AuthenticateAsync(connection, authenticator, cancellationToken).ConfigureAwait(false);
            }

            var facts = await IdentifyAndUseAsync(connection, cancellationToken).ConfigureAwait(false);
            connection.AnnounceOpened(facts);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task AuthenticateAsync(CqlConnection connection, string authenticatorName, CancellationToken cancellationToken)
    {
        _phase = "authenticating";
        var provider = settings.Authentication ?? throw new CqlAuthenticationException(
            $"{endpoint} asks for credentials ({authenticatorName}) and none are configured.", endpoint, connection.Facts.HostId);
        IAuthenticator? authenticator = null;
        try
        {
            authenticator = provider.CreateAuthenticator(endpoint, authenticatorName);
            var token = await authenticator.InitialResponseAsync(cancellationToken).ConfigureAwait(false);
            for (var round = 1; round <= MaxAuthenticationRounds; round++)
            {
                var said = token;
                var (response, _) = await connection.AskAsync(
                    (buffer, stream, facts) => RequestEncoder.AuthResponse(buffer, new RequestHead(facts.Version, stream), said.Span),
                    settings.ConnectTimeout, cancellationToken).ConfigureAwait(false);
                switch (response)
                {
                    case AuthSuccessResponse success:
                        authenticator.OnSuccess(success.Token);
                        return;
                    case AuthChallengeResponse challenge:
                        token = await authenticator.EvaluateChallengeAsync(challenge.Token, cancellationToken).ConfigureAwait(false);
                        break;
                    case ErrorResponse error:
                        throw new CqlAuthenticationException($"{endpoint} refused the credentials: {error.Message}", endpoint, connection.Facts.HostId);
                    default:
                        throw new CqlAuthenticationException($"{endpoint} answered credentials with {response.GetType().Name}.", endpoint, connection.Facts.HostId);
                }
            }

            throw new CqlAuthenticationException($"{endpoint} was not satisfied after {MaxAuthenticationRounds} rounds.", endpoint, connection.Facts.HostId);
        }
        catch (Exception failure) when (failure is not (CqlException or OperationCanceledException or TimeoutException))
        {
            throw new CqlAuthenticationException(
                $"{provider.GetType().Name} failed while {endpoint} asked for credentials ({authenticatorName}).", endpoint, connection.Facts.HostId, failure);
        }
        finally
        {
            (authenticator as IDisposable)?.Dispose();
        }
    }

    // A Cassandra node does not say in SUPPORTED who it is: asked in the same flight as the first USE.
    private async Task<ConnectionFacts> IdentifyAndUseAsync(CqlConnection connection, CancellationToken cancellationToken)
    {
        var facts = connection.Facts;
        _phase = facts.HostId is null ? "asking the node who it is" : "using the keyspace";
        var identity = facts.HostId is null
            ? connection.ReadHostIdAsync(settings.ConnectTimeout, cancellationToken)
            : null;
        var use = purpose.Keyspace is { } keyspace ? connection.UseAsync(keyspace, settings.ConnectTimeout, cancellationToken) : null;
        try
        {
            if (identity is not null)
            {
                facts = facts with { HostId = await identity.ConfigureAwait(false) };
            }
        }
        finally
        {
            if (use is not null)
            {
                await use.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        if (facts.HostId is { } actual && purpose.ExpectedHostId is { } expected && actual != expected)
        {
            throw new WrongNodeException(endpoint, expected, actual);
        }

        if (use is not null)
        {
            await use.ConfigureAwait(false);
        }

        return facts;
    }
}
