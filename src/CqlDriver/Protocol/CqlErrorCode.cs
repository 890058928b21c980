namespace CqlDriver;

/// <summary>
/// The error codes of the native protocol (v5, section 8). A server may know others; the rate-limit error of ScyllaDB has
/// a code that is agreed on for each connection.
/// </summary>
public enum CqlErrorCode
{
    /// <summary>Something unexpected happened in the server.</summary>
    ServerError = 0x0000,

    /// <summary>The request broke the protocol.</summary>
    ProtocolError = 0x000A,

    /// <summary>Authentication failed.</summary>
    BadCredentials = 0x0100,

    /// <summary>Too few replicas are known to be alive.</summary>
    Unavailable = 0x1000,

    /// <summary>The coordinator is overloaded.</summary>
    Overloaded = 0x1001,

    /// <summary>The coordinator is bootstrapping.</summary>
    IsBootstrapping = 0x1002,

    /// <summary>A truncation failed.</summary>
    TruncateError = 0x1003,

    /// <summary>Too few replicas acknowledged a write in time.</summary>
    WriteTimeout = 0x1100,

    /// <summary>Too few replicas answered a read in time.</summary>
    ReadTimeout = 0x1200,

    /// <summary>A replica failed while reading.</summary>
    ReadFailure = 0x1300,

    /// <summary>A user-defined function failed.</summary>
    FunctionFailure = 0x1400,

    /// <summary>A replica failed while writing.</summary>
    WriteFailure = 0x1500,

    /// <summary>The change log of a table has no room.</summary>
    CdcWriteFailure = 0x1600,

    /// <summary>Whether a conditional write was applied is not known.</summary>
    CasWriteUnknown = 0x1700,

    /// <summary>The statement is not CQL.</summary>
    SyntaxError = 0x2000,

    /// <summary>The user may not do this.</summary>
    Unauthorized = 0x2100,

    /// <summary>The statement is CQL but wrong.</summary>
    Invalid = 0x2200,

    /// <summary>The statement is refused by the server's configuration.</summary>
    ConfigError = 0x2300,

    /// <summary>The keyspace or table exists already.</summary>
    AlreadyExists = 0x2400,

    /// <summary>The server does not know the prepared statement.</summary>
    Unprepared = 0x2500,
}
