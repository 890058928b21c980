namespace CqlDriver.Protocol;

/// <summary>
/// What was negotiated on one connection beyond the protocol version, as far as it changes the layout of messages.
/// The default is "nothing". Both halves need the same value to understand each other.
/// </summary>
/// <param name="HasResultMetadataIds">EXECUTE and PREPARED carry a result metadata id on v4 too (<c>SCYLLA_USE_METADATA_ID</c>). On v5 they always do.</param>
/// <param name="HasTabletVersionBlock">Every EXECUTE ends with one more byte (<c>TABLETS_ROUTING_V2_…</c>).</param>
/// <param name="RateLimitErrorCode">The error code that means "rate limit reached" (<c>SCYLLA_RATE_LIMIT_ERROR</c>).</param>
internal readonly record struct ProtocolExtensions(
    bool HasResultMetadataIds = false,
    bool HasTabletVersionBlock = false,
    int? RateLimitErrorCode = null)
{
    public bool UsesResultMetadataIds(int version) => version >= 5 || HasResultMetadataIds;
}
