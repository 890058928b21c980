using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CqlDriver.Testing;

/// <summary>How the nodes of a cluster are told apart on one machine.</summary>
public enum EndpointLayout
{
    /// <summary><see cref="LoopbackAddresses"/>, but on macOS <see cref="Ports"/>, since only 127.0.0.1 is bound there.</summary>
    Automatic,

    /// <summary>127.0.0.1, 127.0.0.2, …, all on one port, as real clusters have it.</summary>
    LoopbackAddresses,

    /// <summary>127.0.0.1 and a port for each node. Only <c>system.peers_v2</c> tells the ports.</summary>
    Ports,
}

/// <summary>A datacenter of an embedded cluster.</summary>
/// <param name="Name">The name.</param>
/// <param name="Nodes">How many nodes it has.</param>
/// <param name="Racks">How many racks they are spread over.</param>
public sealed record EmbeddedDatacenter(string Name, int Nodes, int Racks = 1);

/// <summary>Whether the nodes of an embedded cluster keep its metadata themselves.</summary>
public enum EmbeddedMetadataService
{
    /// <summary>They do not, as Cassandra's up to 5.0.</summary>
    None,

    /// <summary>They were upgraded, and will when <see cref="EmbeddedCluster.ReidentifyAllAsync"/> is called: until then the directory shows host ids that no node has.</summary>
    NotInitialized,

    /// <summary>They do: the directory shows every node with its state.</summary>
    Initialized,
}

/// <summary>How an <see cref="EmbeddedCluster"/> is built. Read once, when it starts.</summary>
public sealed class EmbeddedClusterOptions
{
    /// <summary>Nodes of the one datacenter <c>datacenter1</c>; default 1. Ignored when <see cref="Datacenters"/> has any.</summary>
    public int Nodes { get; set; } = 1;

    /// <summary>The datacenters; none: one of <see cref="Nodes"/> nodes.</summary>
    public IList<EmbeddedDatacenter> Datacenters { get; } = [];

    /// <summary>Tokens of each node; default 16.</summary>
    public int TokensPerNode { get; set; } = 16;

    /// <summary>With it, nodes are ScyllaDB's; null, the default: Cassandra's.</summary>
    public EmbeddedScyllaOptions? Scylla { get; set; }

    /// <summary>The protocol versions that nodes speak, unless they are ScyllaDB's; default v4 and v5.</summary>
    public IList<ProtocolVersion> ProtocolVersions { get; } = [ProtocolVersion.V4, ProtocolVersion.V5];

    /// <summary>Users and passwords; none: nobody is asked.</summary>
    public IDictionary<string, string> Users { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>With it, nodes speak TLS and present it; it must have a private key.</summary>
    public X509Certificate2? ServerCertificate { get; set; }

    /// <summary>The clock of timestamps, expiry and logs; default the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where nodes log; default nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>The name of the cluster.</summary>
    public string ClusterName { get; set; } = "embedded";

    /// <summary>The version that nodes say they are, unless they are ScyllaDB's; default <c>5.0.6</c>.</summary>
    public string CassandraVersion { get; set; } = "5.0.6";

    /// <summary>
    /// Whether nodes that are not ScyllaDB's keep the cluster's metadata themselves, as Cassandra's do from 6.0 on, and show it in
    /// <c>system_views.cluster_metadata_directory</c>. Default none.
    /// </summary>
    public EmbeddedMetadataService MetadataService { get; set; }

    /// <summary>The version of CQL that nodes offer, unless they are ScyllaDB's; default <c>3.4.7</c>.</summary>
    public string CqlVersion { get; set; } = "3.4.7";

    /// <summary>How nodes are told apart.</summary>
    public EndpointLayout Layout { get; set; }

    /// <summary>The port of all nodes, or of the first one; 0, the default: one that is free. The shard-aware one is the next.</summary>
    public int Port { get; set; }

    /// <summary>
    /// More entries for SUPPORTED. Of ScyllaDB's extensions, nodes also act by <c>SCYLLA_USE_METADATA_ID</c>,
    /// <c>SCYLLA_RATE_LIMIT_ERROR</c> and <c>SCYLLA_LWT_ADD_METADATA_MARK</c> when a client takes them up.
    /// </summary>
    public IDictionary<string, IReadOnlyList<string>> SupportedOptions { get; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>
    /// Whether SUPPORTED names the node's host id under <c>SCYLLA_HOST_ID</c>, of nodes that are not ScyllaDB's otherwise
    /// (see <see cref="EmbeddedScyllaOptions.NamesHostId"/>).
    /// </summary>
    public bool NamesHostIdInSupported { get; set; }

    /// <summary>
    /// Whether nodes reset connections that do not come through an <see cref="EmbeddedBalancer"/>, as if they stood in a network of
    /// their own; they are counted in <see cref="NodeStatistics.DirectConnections"/>. Default false.
    /// </summary>
    public bool OnlyThroughBalancers { get; set; }

    /// <summary>The longest frame body that nodes accept, in bytes; default 16 MiB.</summary>
    public int MaxFrameBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Requests of one connection that may wait for a gate before the next is answered OVERLOADED; default 32,768.</summary>
    public int MaxDelayedRequests { get; set; } = 32_768;

    /// <summary>Requests that each node remembers in its <see cref="NodeStatistics.Requests"/>; default 1,000, 0 for none.</summary>
    public int RequestLogCapacity { get; set; } = 1_000;

    internal void Validate()
    {
        var problems = new List<string>();
        Check(Datacenters.Count > 0 || Nodes is >= 1 and <= 250, $"{nameof(Nodes)} is {Nodes}; 1 to 250 are possible.");
        Check(Datacenters.All(datacenter => datacenter.Nodes >= 1 && datacenter.Racks >= 1), $"Each of the {nameof(Datacenters)} needs a node and a rack.");
        Check(TokensPerNode is >= 1 and <= 1024, $"{nameof(TokensPerNode)} is {TokensPerNode}; 1 to 1,024 are possible.");
        Check(ProtocolVersions.Count > 0, $"{nameof(ProtocolVersions)} is empty.");
        Check(ServerCertificate is null || ServerCertificate.HasPrivateKey, $"{nameof(ServerCertificate)} has no private key.");
        Check(Port is >= 0 and <= 65_535, $"{nameof(Port)} is {Port}; 0 to 65,535 are possible.");
        Check(MaxFrameBytes >= 1024, $"{nameof(MaxFrameBytes)} is {MaxFrameBytes}; at least 1,024 are needed.");
        Check(MaxDelayedRequests >= 1, $"{nameof(MaxDelayedRequests)} is {MaxDelayedRequests}; at least 1 is needed.");
        Check(RequestLogCapacity >= 0, $"{nameof(RequestLogCapacity)} is {RequestLogCapacity}; 0 or more are possible.");
        Check(Scylla is null || Layout != EndpointLayout.Ports, $"{nameof(Layout)} is {Layout}; ScyllaDB's table of peers tells no ports.");
        Check(Scylla is not { HasShardAwarePort: true } || Port < 65_535, $"{nameof(Port)} is {Port}; the shard-aware port is the one above it.");
        problems.AddRange(Scylla?.Problems() ?? []);
        if (problems.Count > 0)
        {
            throw new ArgumentException($"The embedded cluster cannot be built: {string.Join(' ', problems)}");
        }

        void Check(bool isFine, string problem)
        {
            if (!isFine)
            {
                problems.Add(problem);
            }
        }
    }
}
