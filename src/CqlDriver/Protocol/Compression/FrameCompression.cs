namespace CqlDriver.Protocol;

/// <summary>What STARTUP can ask for under <c>COMPRESSION</c>. Snappy exists on v4 only.</summary>
internal enum FrameCompression : byte
{
    None,
    Lz4,
    Snappy,
}
