namespace CqlDriver;

/// <summary>
/// A node answered with an error (native protocol v5, section 8). Subtypes carry the fields of the errors that a caller would
/// handle differently; this type itself stands for the rest: server error, protocol error, overloaded, bootstrapping, truncate
/// error, and codes that a later server may add.
/// </summary>
public class ServerException : RequestException
{
    internal ServerException(ServerErrorDetails details)
        : base($"{details.Endpoint} answered: {details.Message}", details.Endpoint, details.HostId, details.MayHaveBeenExecuted)
    {
        Code = details.Code;
        ServerMessage = details.Message;
    }

    /// <summary>The error code as it was sent; see the native protocol's section on error codes.</summary>
    public int Code { get; }

    /// <summary>What the node said, unchanged.</summary>
    public string ServerMessage { get; }
}

/// <summary>What all server errors have in common, for their constructors.</summary>
internal readonly record struct ServerErrorDetails(int Code, string Message, NodeEndpoint? Endpoint, HostId? HostId, bool MayHaveBeenExecuted);

/// <summary>The statement has a syntax error (0x2000).</summary>
public sealed class SyntaxException : ServerException
{
    internal SyntaxException(ServerErrorDetails details)
        : base(details)
    {
    }
}

/// <summary>The statement is well formed and cannot be executed: an unknown table, a wrong type, a missing restriction (0x2200).</summary>
public sealed class InvalidQueryException : ServerException
{
    internal InvalidQueryException(ServerErrorDetails details)
        : base(details)
    {
    }
}

/// <summary>The user may not do this (0x2100).</summary>
public sealed class UnauthorizedException : ServerException
{
    internal UnauthorizedException(ServerErrorDetails details)
        : base(details)
    {
    }
}

/// <summary>The statement asks for something that the server's configuration forbids (0x2300).</summary>
public sealed class InvalidConfigurationException : ServerException
{
    internal InvalidConfigurationException(ServerErrorDetails details)
        : base(details)
    {
    }
}

/// <summary>The keyspace or table that was to be created exists (0x2400).</summary>
public sealed class AlreadyExistsException : ServerException
{
    internal AlreadyExistsException(ServerErrorDetails details, string keyspace, string table)
        : base(details)
    {
        Keyspace = keyspace;
        Table = table.Length == 0 ? null : table;
    }

    /// <summary>The keyspace that exists, or the one of the table.</summary>
    public string Keyspace { get; }

    /// <summary>The table that exists; null when it is the keyspace.</summary>
    public string? Table { get; }
}

/// <summary>The node does not know a prepared statement, and preparing it again did not help (0x2500).</summary>
public sealed class UnpreparedException : ServerException
{
    internal UnpreparedException(ServerErrorDetails details, ReadOnlyMemory<byte> statementId)
        : base(details) => StatementId = statementId;

    /// <summary>The id of the statement.</summary>
    public ReadOnlyMemory<byte> StatementId { get; }
}

/// <summary>Too few replicas are alive for the consistency level; nothing was executed (0x1000).</summary>
public sealed class UnavailableException : ServerException
{
    internal UnavailableException(ServerErrorDetails details, ConsistencyLevel consistency, int required, int alive)
        : base(details)
    {
        Consistency = consistency;
        Required = required;
        Alive = alive;
    }

    /// <summary>The consistency level of the request.</summary>
    public ConsistencyLevel Consistency { get; }

    /// <summary>How many replicas it takes.</summary>
    public int Required { get; }

    /// <summary>How many were known to be alive.</summary>
    public int Alive { get; }
}

/// <summary>The node, or the partition of the statement, is over its rate limit (ScyllaDB); nothing was executed.</summary>
public sealed class RateLimitReachedException : ServerException
{
    internal RateLimitReachedException(ServerErrorDetails details, bool isWrite, bool rejectedByCoordinator)
        : base(details)
    {
        IsWrite = isWrite;
        RejectedByCoordinator = rejectedByCoordinator;
    }

    /// <summary>Whether a write was refused, otherwise a read.</summary>
    public bool IsWrite { get; }

    /// <summary>Whether the coordinator refused it, before any replica saw it.</summary>
    public bool RejectedByCoordinator { get; }
}

/// <summary>A user-defined function failed while the statement was executed (0x1400).</summary>
public sealed class FunctionFailureException : ServerException
{
    internal FunctionFailureException(ServerErrorDetails details, string keyspace, string function, IReadOnlyList<string> argumentTypes)
        : base(details)
    {
        Keyspace = keyspace;
        Function = function;
        ArgumentTypes = argumentTypes;
    }

    /// <summary>The keyspace of the function.</summary>
    public string Keyspace { get; }

    /// <summary>The name of the function.</summary>
    public string Function { get; }

    /// <summary>The CQL types of its arguments.</summary>
    public IReadOnlyList<string> ArgumentTypes { get; }
}
