using CqlDriver.Schema;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Effects;

/// <summary>Where one cluster object learns nodes and schema from, when not from its control connection alone.</summary>
internal sealed class TopologySources
{
    /// <summary>The nodes; null: the system tables.</summary>
    public ITopologyMonitor? Monitor { get; private init; }

    /// <summary>The system tables for a monitor that uses them; null when there is no monitor.</summary>
    public SystemTablesMonitor? SystemTables { get; private init; }

    /// <summary>The schema; null: the server's tables.</summary>
    public ISchemaSource? Schema { get; private init; }

    /// <summary>What the rules know of the monitor.</summary>
    public MonitorSettings? MonitorSettings { get; private init; }

    public static TopologySources None { get; } = new();

    /// <summary>Creates what the options name.</summary>
    /// <exception cref="CqlConfigurationException">The factory failed, or gave none; or the monitor cannot do without contact points.</exception>
    public static TopologySources Create(
        Func<TopologyMonitorContext, ITopologyMonitor>? factory, ISchemaSource? schema, TimeProvider time, ILoggerFactory loggerFactory, bool hasContactPoints)
    {
        if (factory is null)
        {
            return new TopologySources { Schema = schema };
        }

        var tables = new SystemTablesMonitor();
        ITopologyMonitor monitor;
        bool requiresControlConnection;
        try
        {
            monitor = factory(new TopologyMonitorContext(time, loggerFactory, tables));
            requiresControlConnection = monitor is not null ? monitor.RequiresControlConnection : throw new InvalidOperationException("it gave null");
        }
#pragma warning disable CA1031 // The application's own code: what it throws is the cause of what is told.
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw new CqlConfigurationException([$"{nameof(CqlClusterOptions.TopologyMonitor)} could not create a monitor: {error.Message}"]);
        }

        if (requiresControlConnection && !hasContactPoints)
        {
            throw new CqlConfigurationException(
                [$"{nameof(CqlClusterOptions.ContactPoints)} is empty, but {monitor.GetType().Name} requires a control connection: give the address or name of at least one node."]);
        }

        return new TopologySources
        {
            Monitor = monitor,
            SystemTables = tables,
            Schema = schema,
            MonitorSettings = new MonitorSettings(monitor.GetType().Name, requiresControlConnection) { IsCommittedLog = monitor is CommittedLogMonitor },
        };
    }
}
