using System.Text;

namespace CqlDriver;

/// <summary>User name and password, as Cassandra's and ScyllaDB's <c>PasswordAuthenticator</c> want them. Use it over TLS.</summary>
public sealed class PlainTextAuthProvider : IAuthProvider
{
    private readonly byte[] _token;

    /// <summary>Creates the provider.</summary>
    /// <param name="userName">The user.</param>
    /// <param name="password">The password. Kept in memory, never logged.</param>
    public PlainTextAuthProvider(string userName, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(userName);
        ArgumentNullException.ThrowIfNull(password);
        UserName = userName;
        // SASL PLAIN (RFC 4616) without an authorization identity: NUL user NUL password.
        _token = Encoding.UTF8.GetBytes($"\0{userName}\0{password}");
    }

    /// <summary>The user.</summary>
    public string UserName { get; }

    /// <inheritdoc/>
    public IAuthenticator CreateAuthenticator(NodeEndpoint endpoint, string authenticatorName) => new Authenticator(_token);

    /// <summary>Names the user, not the password.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"PlainText(user {UserName})";

    private sealed class Authenticator(byte[] token) : IAuthenticator
    {
        public ValueTask<ReadOnlyMemory<byte>> InitialResponseAsync(CancellationToken cancellationToken) => new(token);

        // Old nodes send one empty challenge and want the same again.
        public ValueTask<ReadOnlyMemory<byte>> EvaluateChallengeAsync(ReadOnlyMemory<byte> challenge, CancellationToken cancellationToken) => new(token);
    }
}
