using CqlDriver.Execution;
using CqlDriver.Recording;
using CqlDriver.Routing;
using CqlDriver.Schema;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CqlDriver;

/// <summary>
/// How to reach a cluster and how to behave towards it. Fill it and hand it over: it is checked and copied when a cluster is
/// created from it; changing it later changes nothing. Only <see cref="ContactPoints"/> must be given, or a <see cref="TopologyMonitor"/>.
/// </summary>
public sealed class CqlClusterOptions
{
    /// <summary>
    /// Where to find the cluster: addresses or DNS names of one or more nodes, each with an optional port (<c>10.0.0.1</c>,
    /// <c>db.example.com:9142</c>, <c>[::1]:9042</c>). They serve to find the others; the rest is read from the cluster.
    /// </summary>
    public IList<string> ContactPoints { get; private set; } = [];

    /// <summary>The port of contact points that name none, and of nodes that do not tell theirs. 1 to 65,535; 9042.</summary>
    public int Port { get; set; } = 9042;

    /// <summary>The datacenter whose nodes are used first. Null: that of the node that answers first.</summary>
    public string? LocalDatacenter { get; set; }

    /// <summary>The keyspace of new sessions, unquoted. Null: none.</summary>
    public string? Keyspace { get; set; }

    /// <summary>How to authenticate; for a password see <see cref="PlainTextAuthProvider"/>. Null: not at all.</summary>
    public IAuthProvider? Authentication { get; set; }

    /// <summary>TLS towards every node. Null: plain TCP.</summary>
    public CqlTlsOptions? Tls { get; set; }

    /// <summary>Compression of what is sent and received, where the node offers it. None by default.</summary>
    public CqlCompression Compression { get; set; }

    /// <summary>The only protocol version to use. Null: v5 where the node speaks it, else v4.</summary>
    public ProtocolVersion? ProtocolVersion { get; set; }

    /// <summary>The consistency level of requests that have none of their own. Local quorum.</summary>
    public ConsistencyLevel Consistency { get; set; } = ConsistencyLevel.LocalQuorum;

    /// <summary>The consistency level of the conditional part of requests that have none of their own. Null: the server's default, serial.</summary>
    public ConsistencyLevel? SerialConsistency { get; set; }

    /// <summary>Rows a page of requests that do not say, at least 1. 5,000.</summary>
    public int PageSize { get; set; } = 5_000;

    /// <summary>Whether statements that do not say may be executed twice. False.</summary>
    public bool DefaultIdempotence { get; set; }

    /// <summary>The limit over a whole request, retries included; kept to some 40 ms, never early. More than zero, or infinite; 10 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit of opening one connection, handshake included. More than zero; 5 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The limit of the first connect: reading the cluster and having one usable node. Until then addresses that refuse are
    /// tried again, since a cluster and its clients are often started together. More than zero; 10 s.
    /// </summary>
    public TimeSpan InitialConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be idle before it is probed. More than zero; 30 s.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nothing may come while something is pending before a connection is given up. More than zero; 15 s.</summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a statement that changes the schema waits for the nodes to agree on it and for the driver to have read it. Not negative; 10 s.</summary>
    public TimeSpan SchemaAgreementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether keyspaces, tables and types are read into <c>CqlCluster.Metadata.Schema</c>. True.</summary>
    public bool ReadSchema { get; set; } = true;

    /// <summary>Who tells the schema. Null: the server's schema tables, read over the control connection.</summary>
    public ISchemaSource? SchemaSource { get; set; }

    /// <summary>
    /// Creates who tells which nodes there are, in place of the system tables; called when the first session is connected. Null: the
    /// system tables. A monitor that needs no control connection needs no <see cref="ContactPoints"/> either.
    /// </summary>
    public Func<TopologyMonitorContext, ITopologyMonitor>? TopologyMonitor { get; set; }

    /// <summary>
    /// How long after a change of the schema that others made it is read, so that several changes cost one reading. Not negative; 1 s.
    /// </summary>
    public TimeSpan SchemaRefreshWindow { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>After so many changes it is read before <see cref="SchemaRefreshWindow"/> is over. At least 1; 20.</summary>
    public int SchemaRefreshMaxEvents { get; set; } = 20;

    /// <summary>Connections of a session to each node that does not shard. 1 to 128; 1.</summary>
    public int ConnectionsPerNode { get; set; } = 1;

    /// <summary>Requests in flight on one connection. 1 to 32,768; 8,192.</summary>
    public int MaxInFlightPerConnection { get; set; } = 8_192;

    /// <summary>What happens when all connections of a request's nodes are full. Wait.</summary>
    public BackpressureMode Backpressure { get; set; } = BackpressureMode.Wait;

    /// <summary>How many requests of a session may wait for room. Not negative; 65,536.</summary>
    public int MaxWaitingRequests { get; set; } = 65_536;

    /// <summary>The largest message accepted, in bytes. 64 KiB to 2 GiB; 256 MiB.</summary>
    public int MaxFrameBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Which nodes a request goes to, in which order. Local datacenter first, in turn, nodes that are up.</summary>
    public ILoadBalancingPolicy? LoadBalancing { get; set; }

    /// <summary>
    /// Whether an error says that the node is no replica of the partition that it was asked for, and did nothing: for clusters
    /// whose nodes refuse instead of passing requests on. Then the driver learns what the error tells of the tablet, or else
    /// forgets what it knew and reads the nodes, and the request goes on once, to another node. Quick and pure; any thread.
    /// Null: no error says so.
    /// </summary>
    public Func<ServerException, bool>? IsWrongReplica { get; set; }

    /// <summary>How long to wait between attempts to reconnect. Exponential, 1 s to 60 s, with jitter.</summary>
    public IReconnectionPolicy? Reconnection { get; set; }

    /// <summary>
    /// How often the nodes are read although no event said so, since an event may be lost. More than zero; null: never. 60 s.
    /// </summary>
    public TimeSpan? MetadataRefreshInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How to reach nodes behind private links (ScyllaDB's client routes). Null: they are reached where they say they are.</summary>
    public ClientRouteOptions? ClientRoutes { get; set; }

    /// <summary>How a node's traffic is handed over when the node shows another endpoint.</summary>
    public HandoverOptions Handover { get; set; } = new();

    /// <summary>Writes down what the driver learns about the cluster and decides, to be replayed and explained. Null: nobody does.</summary>
    public TopologyRecorder? Recorder { get; set; }

    /// <summary>
    /// Given every change of the topology, as an entry of the driver's own log, in order and after <see cref="CqlCluster.Metadata"/> shows it. Each is
    /// called by one thread at a time, never waited for; one that is too slow gets a snapshot in place of what it missed.
    /// </summary>
    public IList<ITopologyApplier> Appliers { get; set; } = [];

    /// <summary>Whether requests go to ScyllaDB's nodes that own no data on purpose. False.</summary>
    public bool UseNodesWithoutTokens { get; set; }

    /// <summary>What follows a failed attempt. <see cref="DefaultRetryPolicy"/>.</summary>
    public IRetryPolicy Retry { get; set; } = DefaultRetryPolicy.Instance;

    /// <summary>Write timestamps of requests that have none. Null: a <see cref="MonotonicTimestampGenerator"/> of the cluster object.</summary>
    public ITimestampGenerator? Timestamps { get; set; }

    /// <summary>Conversions between .NET and CQL types, with those of your own.</summary>
    public CodecRegistry Codecs { get; set; } = CodecRegistry.Default;

    /// <summary>The name of the application, told to the nodes and shown in their lists of clients. Null: not told.</summary>
    public string? ApplicationName { get; set; }

    /// <summary>The version of the application, told to the nodes. Null: not told.</summary>
    public string? ApplicationVersion { get; set; }

    /// <summary>Receives the driver's log messages. None by default.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The clock of timeouts and timers; for tests.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>When it is cancelled the cluster and its sessions close, and everything pending ends.</summary>
    public CancellationToken Lifetime { get; set; }

    /// <summary>
    /// Reads options from text of the form <c>key=value;…</c>: Contact Points (comma-separated), Port, Local Datacenter,
    /// Keyspace, Username, Password, TLS (true or false), Compression, Protocol Version (4 or 5), Consistency, Serial Consistency,
    /// Page Size, Request Timeout and Connect Timeout (seconds), Connections Per Node, Max In Flight Per Connection,
    /// Application Name, Application Version.
    /// </summary>
    /// <param name="connectionString">The text.</param>
    /// <exception cref="CqlConfigurationException">A key that does not exist or a value that cannot be used; lists them all.</exception>
    public static CqlClusterOptions Parse(string connectionString) => ConnectionString.Parse(connectionString);

    internal CqlClusterOptions Copy()
    {
        var copy = (CqlClusterOptions)MemberwiseClone();
        copy.ContactPoints = [.. ContactPoints];
        copy.ClientRoutes = ClientRoutes?.Copy();
        copy.Codecs = Codecs.Freeze();
        copy.Appliers = [.. Appliers];
        return copy;
    }
}
