namespace CqlDriver;

/// <summary>The root of everything this driver throws that is neither a wrong argument nor a cancellation.</summary>
public class CqlException : Exception
{
    /// <summary>Creates an exception with a message.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public CqlException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message and its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public CqlException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
