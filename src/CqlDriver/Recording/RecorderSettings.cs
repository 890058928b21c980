using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>
/// What of a topology's settings decisions depend on, to bytes and back. Nothing of what it takes to be let in: no
/// credential, no certificate. Policies are not written down; what they say is, each time they are asked.
/// </summary>
internal static class RecorderSettings
{
    public static void Write(LogWriter writer, TopologySettings settings)
    {
        writer.List(settings.ContactPoints, static (part, point) => part.Endpoint(point));
        writer.Time(settings.EventWindow);
        writer.Time(settings.EchoDelay);
        writer.Time(settings.RemovalDoubt);
        writer.Time(settings.UpReadLimit);
        writer.Time(settings.FirstRefreshLimit);
        writer.Time(settings.QueryLimit);
        writer.Time(settings.RefreshLimit);
        writer.Optional(settings.RefreshInterval, static (part, interval) => part.Time(interval));
        writer.Bool(settings.ReadsSchema);
        writer.Bool(settings.HasSchemaSource);
        writer.Time(settings.SchemaPacing.Window);
        writer.Count(settings.SchemaPacing.MaxEvents);
        writer.Time(settings.LongestDelay);
        writer.Count(settings.ControlCandidates);
        writer.Time(settings.Handover.PauseBudget);
        writer.Time(settings.Handover.PollInterval);
        writer.Time(settings.Handover.Limit);
        writer.Time(settings.Handover.DrainLimit);
        writer.Count(settings.Handover.HotStatements);
        writer.Time(settings.IdentityLimit);
        writer.Time(settings.TicketLimit);
        writer.Bool(settings.UsesNodesWithoutTokens);
        writer.Fixed(settings.RandomSeed);
        writer.Optional(settings.Monitor, static (part, monitor) =>
        {
            part.Text(monitor.Name);
            part.Bool(monitor.RequiresControlConnection);
            part.Bool(monitor.IsCommittedLog);
        });
        writer.Time(settings.DirectoryInterval);
        writer.Optional(settings.ClientRoutes, Write);
    }

    public static TopologySettings Read(ref LogReader reader) => new()
    {
        ContactPoints = reader.List(static (ref LogReader part) => part.Endpoint()),
        EventWindow = reader.Time(),
        EchoDelay = reader.Time(),
        RemovalDoubt = reader.Time(),
        UpReadLimit = reader.Time(),
        FirstRefreshLimit = reader.Time(),
        QueryLimit = reader.Time(),
        RefreshLimit = reader.Time(),
        RefreshInterval = reader.Bool() ? reader.Time() : null,
        ReadsSchema = reader.Bool(),
        HasSchemaSource = reader.Bool(),
        SchemaPacing = new SchemaPacing { Window = reader.Time(), MaxEvents = reader.Number() },
        LongestDelay = reader.Time(),
        ControlCandidates = reader.Number(),
        Handover = new HandoverOptions
        {
            PauseBudget = reader.Time(),
            PollInterval = reader.Time(),
            Limit = reader.Time(),
            DrainLimit = reader.Time(),
            HotStatements = reader.Number(),
        },
        IdentityLimit = reader.Time(),
        TicketLimit = reader.Time(),
        UsesNodesWithoutTokens = reader.Bool(),
        RandomSeed = reader.Fixed64(),
        Monitor = reader.Bool() ? new MonitorSettings(reader.Text(), reader.Bool()) { IsCommittedLog = reader.Bool() } : null,
        DirectoryInterval = reader.Time(),
        ClientRoutes = reader.Bool() ? ReadRoutes(ref reader) : null,
    };

    private static void Write(LogWriter writer, RouteSettings routes)
    {
        writer.List(routes.Proxies, static (part, proxy) =>
        {
            part.Text(proxy.ConnectionId);
            part.OptionalText(proxy.Address);
        });
        writer.Bool(routes.IsTls);
        writer.OptionalGuid(routes.SpreadBy);
        writer.Bool(routes.AllowsDirect);
        writer.Bool(routes.AllowsShardChoice);
        writer.Count(routes.MaxFailures);
        writer.Time(routes.RenewalPause);
        writer.Count(routes.NodePort);
    }

    private static RouteSettings ReadRoutes(ref LogReader reader) => new()
    {
        Proxies = reader.List(static (ref LogReader part) => new RouteProxy(part.Text(), part.OptionalText())),
        IsTls = reader.Bool(),
        SpreadBy = reader.OptionalGuid(),
        AllowsDirect = reader.Bool(),
        AllowsShardChoice = reader.Bool(),
        MaxFailures = reader.Number(),
        RenewalPause = reader.Time(),
        NodePort = reader.Number(),
    };
}
