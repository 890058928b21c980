using System.Text;
using CqlDriver.Protocol;

namespace CqlDriver.Testing.Server;

/// <summary>The start of a connection: STARTUP, authentication, REGISTER. And what it leaves: version, extensions, keyspace.</summary>
internal sealed class Handshake(ServerConnection connection)
{
    private static readonly string[] CassandraEvents = [EventTypes.TopologyChange, EventTypes.StatusChange, EventTypes.SchemaChange];
    private static readonly string[] ScyllaEvents = [.. CassandraEvents, EventTypes.ClientRoutesChange];
    private readonly EmbeddedClusterOptions _options = connection.Node.Options;
    private State _state;
    private FrameCompression? _compression;

    private enum State
    {
        Fresh,
        Authenticating,
        Ready,
    }

    /// <summary>The version of STARTUP; null before it.</summary>
    public int? Version { get; private set; }

    public NegotiatedExtensions Extensions { get; private set; }

    /// <summary>What USE set.</summary>
    public string? Keyspace { get; set; }

    /// <summary>Answers what belongs to the handshake, refuses what comes too early. Null: a statement.</summary>
    /// <param name="request">The request.</param>
    /// <param name="version">The version of its frame.</param>
    public CqlResponse? Handle(CqlRequest request, int version)
    {
        switch (request)
        {
            case StartupRequest startup:
                return Start(startup, version);
            case AuthResponseRequest response:
                return Authenticate(response);
        }

        if (_state != State.Ready)
        {
            var expected = _state == State.Fresh ? "STARTUP or OPTIONS" : "SASL_RESPONSE";
            throw new CqlServerException(ServerError.Protocol($"Unexpected message {NameOf(request)}, expecting {expected}"));
        }

        return request is RegisterRequest register ? Register(register) : null;
    }

    /// <summary>To be called when the answer to STARTUP is appended: what follows is compressed, and on v5 in segments.</summary>
    public void OnAppended()
    {
        if (_compression is { } compression)
        {
            _compression = null;
            connection.Switch(compression, toSegments: Version >= 5);
        }
    }

    private CqlResponse Start(StartupRequest startup, int version)
    {
        if (_state != State.Fresh)
        {
            throw new CqlServerException(ServerError.Protocol($"Unexpected message STARTUP, expecting {(_state == State.Ready ? "a request" : "SASL_RESPONSE")}"));
        }

        if (!startup.Options.ContainsKey("CQL_VERSION"))
        {
            throw new CqlServerException(ServerError.Protocol("Missing value CQL_VERSION in STARTUP message"));
        }

        _compression = CompressionOf(startup, version);
        Extensions = connection.Node.Dialect.Negotiate(startup.Options);
        Version = version;
        _state = _options.Users.Count == 0 ? State.Ready : State.Authenticating;
        return _state == State.Ready ? new ReadyResponse() : new AuthenticateResponse("org.apache.cassandra.auth.PasswordAuthenticator");
    }

    private static FrameCompression CompressionOf(StartupRequest startup, int version)
    {
        if (!startup.Options.TryGetValue("COMPRESSION", out var name) || name.Length == 0)
        {
            return FrameCompression.None;
        }

        return name.ToLowerInvariant() switch
        {
            "lz4" => FrameCompression.Lz4,
            "snappy" when version < 5 => FrameCompression.Snappy,
            "snappy" => throw new CqlServerException(ServerError.Protocol("Snappy compression is not supported in protocol V5")),
            _ => throw new CqlServerException(ServerError.Protocol($"Unknown compression algorithm: {name}")),
        };
    }

    private AuthSuccessResponse Authenticate(AuthResponseRequest response)
    {
        if (_state != State.Authenticating)
        {
            throw new CqlServerException(ServerError.Protocol($"Unexpected message AUTH_RESPONSE, expecting {(_state == State.Fresh ? "STARTUP or OPTIONS" : "a request")}"));
        }

        // SASL PLAIN: authorisation id, user and password, with a zero before the last two.
        var parts = Encoding.UTF8.GetString(response.Token ?? []).Split('\0');
        if (parts.Length != 3 || parts[1].Length == 0)
        {
            throw new CqlServerException(ServerError.BadCredentials("Username must not be null"));
        }

        if (parts[2].Length == 0)
        {
            throw new CqlServerException(ServerError.BadCredentials("Password must not be null"));
        }

        if (!_options.Users.TryGetValue(parts[1], out var password) || password != parts[2])
        {
            throw new CqlServerException(ServerError.BadCredentials($"Provided username {parts[1]} and/or password are incorrect"));
        }

        _state = State.Ready;
        return new AuthSuccessResponse(null);
    }

    private ReadyResponse Register(RegisterRequest register)
    {
        foreach (var type in register.EventTypes)
        {
            if (Array.IndexOf(_options.Scylla is { HasClientRoutes: true } && !connection.Node.RefusesClientRoutes ? ScyllaEvents : CassandraEvents, type) < 0)
            {
                throw new CqlServerException(ServerError.Protocol($"Invalid value '{type}' for Type"));
            }
        }

        connection.Register(register.EventTypes);
        return new ReadyResponse();
    }

    private static string NameOf(CqlRequest request) => request switch
    {
        QueryRequest => "QUERY",
        PrepareRequest => "PREPARE",
        ExecuteRequest => "EXECUTE",
        BatchRequest => "BATCH",
        RegisterRequest => "REGISTER",
        _ => request.GetType().Name,
    };
}
