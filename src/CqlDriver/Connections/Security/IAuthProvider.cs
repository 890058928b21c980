namespace CqlDriver;

/// <summary>
/// Proves to nodes who this client is. One provider serves all connections of a cluster, from several threads at once.
/// </summary>
public interface IAuthProvider
{
    /// <summary>Starts one authentication, on one connection.</summary>
    /// <param name="endpoint">The node that asks.</param>
    /// <param name="authenticatorName">The class name that the node gave in AUTHENTICATE, for providers that can do several.</param>
    /// <returns>The client's side of the dialogue. Disposed afterwards if it is <see cref="IDisposable"/>.</returns>
    IAuthenticator CreateAuthenticator(NodeEndpoint endpoint, string authenticatorName);
}

/// <summary>The client's side of one authentication (native protocol v5, section 4.2.3). Used by one connection.</summary>
public interface IAuthenticator
{
    /// <summary>The first token, sent when the node has asked.</summary>
    /// <param name="cancellationToken">Cancelled when the connection attempt is given up.</param>
    /// <returns>The token; empty when there is nothing to say yet.</returns>
    ValueTask<ReadOnlyMemory<byte>> InitialResponseAsync(CancellationToken cancellationToken);

    /// <summary>Answers a challenge.</summary>
    /// <param name="challenge">What the node sent.</param>
    /// <param name="cancellationToken">Cancelled when the connection attempt is given up.</param>
    /// <returns>The answer's token.</returns>
    ValueTask<ReadOnlyMemory<byte>> EvaluateChallengeAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken);

    /// <summary>The node is satisfied. Throw to refuse a node that did not prove itself.</summary>
    /// <param name="token">What the node sent with its consent; often empty.</param>
    void OnSuccess(ReadOnlyMemory<byte> token)
    {
    }
}
