using Microsoft.Extensions.Logging;

namespace CqlDriver.Topology;

/// <summary>What a monitor may use, given to the factory that creates it.</summary>
public sealed class TopologyMonitorContext
{
    internal TopologyMonitorContext(TimeProvider timeProvider, ILoggerFactory loggerFactory, ITopologyMonitor systemTables) =>
        (TimeProvider, LoggerFactory, SystemTables) = (timeProvider, loggerFactory, systemTables);

    /// <summary>The clock of the cluster object.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Receives log messages.</summary>
    public ILoggerFactory LoggerFactory { get; }

    /// <summary>
    /// What the driver does without a monitor, as one: reads the system tables over its control connection, and suggests a refresh
    /// when the server's events do. For a monitor that changes or completes what they say; that one requires a control connection
    /// too. The driver disposes it.
    /// </summary>
    public ITopologyMonitor SystemTables { get; }
}
