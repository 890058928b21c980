namespace CqlDriver.Connections;

/// <summary>Where a request stands. One field of the word in <see cref="ConnectionRequest"/>.</summary>
internal enum RequestState : byte
{
    /// <summary>In the pool, or being prepared by its caller: nobody else knows of it.</summary>
    Idle,

    /// <summary>Handed to a connection, not written yet: may be taken back.</summary>
    Queued,

    /// <summary>Claimed by a write loop: the server may see it.</summary>
    Written,

    /// <summary>Its answer or failure is being handled on a pool thread, which decides what comes next.</summary>
    Answered,

    /// <summary>Waits for something that is not a connection: a back-off, admission, a preparation.</summary>
    Waiting,

    /// <summary>Ended. A settled request that did not end in success is never pooled again.</summary>
    Settled,
}

/// <summary>
/// The 64-bit word of a request as somebody saw it: version (32 bits), attempt (24), state (8). Whoever acts on a request
/// compares with the word he saw, so that a late one finds that the request is not his any more.
/// </summary>
internal readonly record struct RequestToken(long Word)
{
    private const int AttemptShift = 8;
    private const int VersionShift = 32;

    public RequestState State => (RequestState)(byte)Word;

    public int Attempt => (int)(Word >> AttemptShift) & 0xFF_FFFF;

    public uint Version => (uint)(Word >> VersionShift);

    public RequestToken With(RequestState state) => new((Word & ~0xFFL) | (byte)state);

    public RequestToken NextAttempt(RequestState state) => new((Word & ~0xFFFF_FFFFL) | ((long)((Attempt + 1) & 0xFF_FFFF) << AttemptShift) | (byte)state);

    public RequestToken NextVersion() => new((long)((ulong)(Version + 1) << VersionShift));

    public override string ToString() => $"v{Version}/a{Attempt}/{State}";
}
