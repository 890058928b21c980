namespace CqlDriver;

/// <summary>How message bodies are compressed on the wire. Asked of each node; one that does not offer it is spoken to without.</summary>
public enum CqlCompression
{
    /// <summary>Not at all. The default: on a local network it is the fastest.</summary>
    None,

    /// <summary>LZ4, on protocol v4 and v5.</summary>
    Lz4,

    /// <summary>Snappy, on protocol v4 only.</summary>
    Snappy,
}
