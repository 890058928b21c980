using System.Net;

namespace CqlDriver;

/// <summary>Why a replica failed a read or a write, by its own account (v5). A newer server may send other numbers.</summary>
public enum RequestFailureReason
{
    /// <summary>Not told.</summary>
    Unknown = 0,

    /// <summary>A read met too many tombstones.</summary>
    ReadTooManyTombstones = 1,

    /// <summary>The replica ran out of time.</summary>
    Timeout = 2,

    /// <summary>The replica has another schema.</summary>
    IncompatibleSchema = 3,

    /// <summary>A read was too large.</summary>
    ReadSize = 4,

    /// <summary>The replica is down.</summary>
    NodeDown = 5,

    /// <summary>An index is not ready.</summary>
    IndexNotAvailable = 6,
}

/// <summary>A replica that failed, and why.</summary>
/// <param name="Replica">The address by which the coordinator knows it.</param>
/// <param name="Reason">Why.</param>
public readonly record struct ReplicaFailure(IPAddress Replica, RequestFailureReason Reason);

/// <summary>Which kind of operation met its rate limit.</summary>
public enum RateLimitedOperation
{
    /// <summary>A read.</summary>
    Read = 0,

    /// <summary>A write.</summary>
    Write = 1,
}
