namespace CqlDriver;

/// <summary>
/// Bytes that do not follow the native protocol: a truncated or malformed message, a wrong checksum, a length beyond
/// what is there. The connection that brought them is closed.
/// </summary>
public sealed class CqlProtocolException : CqlException
{
    /// <summary>Creates an exception with a message.</summary>
    /// <param name="message">What was malformed, and where.</param>
    public CqlProtocolException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    /// <param name="message">What was malformed, and where.</param>
    /// <param name="innerException">The cause.</param>
    public CqlProtocolException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
