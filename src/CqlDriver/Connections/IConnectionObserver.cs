using CqlDriver.Protocol;

namespace CqlDriver.Connections;

/// <summary>
/// Who is told what happens to a connection: opened once, events, closed once, in this order and never at the same time.
/// Called from the dial and from the read loop: must not block and must not throw.
/// </summary>
internal interface IConnectionObserver
{
    /// <summary>The connection is open and verified; called before the dial returns it.</summary>
    void OnOpened(CqlConnection connection)
    {
    }

    /// <summary>The server sent an event that this connection registered for.</summary>
    void OnEvent(CqlConnection connection, CqlEvent serverEvent)
    {
    }

    /// <summary>So many of its requests were given up that another connection should take its place; told once, from any thread.</summary>
    void OnWorn(CqlConnection connection)
    {
    }

    /// <summary>The connection has ended; every request it held has been told.</summary>
    void OnClosed(CqlConnection connection, Exception reason);
}

/// <summary>For a connection that is only looked at by who opened it.</summary>
internal sealed class SilentObserver : IConnectionObserver
{
    private SilentObserver() { }

    public static SilentObserver Instance { get; } = new();

    public void OnClosed(CqlConnection connection, Exception reason)
    {
    }
}
