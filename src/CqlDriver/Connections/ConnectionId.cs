namespace CqlDriver.Connections;

/// <summary>The number of a connection: 64 bits, given out once per cluster object, never reused.</summary>
internal readonly record struct ConnectionId(long Value) : IComparable<ConnectionId>
{
    public int CompareTo(ConnectionId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"c{Value}";
}
