using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>Routes to bytes and back, for entries of a log and for snapshots.</summary>
internal static class ClientRouteCodec
{
    public static void Write(LogWriter writer, RoutesChanged change)
    {
        writer.List(change.Routes, WriteRoute);
        writer.List(change.Removed, WriteRoute);
        writer.List(change.Choices, WriteChoice);
    }

    public static RoutesChanged ReadChange(ref LogReader reader) => new(reader.List(ReadRoute), reader.List(ReadRoute), reader.List(ReadChoice));

    public static void Write(LogWriter writer, ClientRouteTable table)
    {
        writer.List([.. table.Routes], WriteRoute);
        writer.List([.. table.Choices], WriteChoice);
    }

    public static ClientRouteTable ReadTable(ref LogReader reader)
    {
        var (routes, choices) = (reader.List(ReadRoute), reader.List(ReadChoice));
        return ClientRouteTable.Empty.Apply(new RoutesChanged(routes, ImmutableArray<ClientRoute>.Empty, choices));
    }

    public static void WriteRoute(LogWriter writer, ClientRoute route)
    {
        writer.Text(route.ConnectionId);
        writer.HostId(route.HostId);
        writer.Endpoint(route.Target);
        writer.Bool(route.IsUnconfirmed);
    }

    public static ClientRoute ReadRoute(ref LogReader reader) => new(reader.Text(), reader.HostId(), reader.Endpoint()) { IsUnconfirmed = reader.Bool() };

    private static void WriteChoice(LogWriter writer, ClientRouteChoice choice)
    {
        writer.HostId(choice.HostId);
        writer.OptionalText(choice.ConnectionId);
        writer.Signed(choice.Revision);
    }

    private static ClientRouteChoice ReadChoice(ref LogReader reader) => new(reader.HostId(), reader.OptionalText(), reader.Signed());
}
