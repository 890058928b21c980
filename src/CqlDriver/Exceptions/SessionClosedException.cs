namespace CqlDriver;

/// <summary>The session was closed while the request was under way.</summary>
public sealed class SessionClosedException : RequestException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="mayHaveBeenExecuted">Whether the request had been written.</param>
    public SessionClosedException(bool mayHaveBeenExecuted)
        : base(
            "The session was closed while the request was under way. " + (mayHaveBeenExecuted ? "The statement may have been executed." : "Nothing was sent."),
            null,
            null,
            mayHaveBeenExecuted)
    {
    }
}
