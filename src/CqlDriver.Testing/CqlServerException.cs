namespace CqlDriver.Testing;

/// <summary>A request that the server refuses: becomes the ERROR answer.</summary>
internal sealed class CqlServerException(ServerError error) : Exception(error.Message)
{
    public ServerError Error { get; } = error;

    public static CqlServerException Invalid(string message) => new(ServerError.Invalid(message));
}
