using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>A node as a source of topology tells it. Immutable.</summary>
public sealed record NodeDescription
{
    /// <summary>Describes a full member of the cluster.</summary>
    /// <param name="hostId">Who it is.</param>
    /// <param name="endpoint">Where clients reach it; a DNS name is resolved each time it is dialled.</param>
    /// <exception cref="ArgumentException">The host id names no node.</exception>
    public NodeDescription(HostId hostId, NodeEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        HostId = hostId != default ? hostId : throw new ArgumentException("default(HostId) names no node.", nameof(hostId));
        Endpoint = endpoint;
    }

    /// <summary>Who it is.</summary>
    public HostId HostId { get; }

    /// <summary>Where clients reach it.</summary>
    public NodeEndpoint Endpoint { get; }

    /// <summary>Its datacenter; null when the source does not tell.</summary>
    public string? Datacenter { get; init; }

    /// <summary>Its rack; null when the source does not tell.</summary>
    public string? Rack { get; init; }

    /// <summary>Its tokens, in any order; none when the source does not tell them.</summary>
    public ImmutableArray<Token> Tokens { get; init; } = [];

    /// <summary>Where it stands in the cluster. A full member by default.</summary>
    public TopologyState State { get; init; } = TopologyState.Normal;

    /// <summary>False: it holds no data on purpose, and gets no requests. True by default.</summary>
    public bool OwnsData { get; init; } = true;

    /// <summary>The server version; null when the source does not tell.</summary>
    public string? ReleaseVersion { get; init; }

    /// <summary>The version of its schema; null when the source does not tell.</summary>
    public Guid? SchemaVersion { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{HostId}@{Endpoint}";

    /// <summary>As the rules read it: like a row, not believed yet.</summary>
    internal NodeRow ToRow(string source, int number) => new(source, number)
    {
        HostId = HostId.Value,
        Endpoint = Endpoint,
        Port = Endpoint.Port,
        Datacenter = Datacenter,
        Rack = Rack,
        Tokens = Tokens.IsDefault ? [] : Tokens.Sort(),
        HasTokens = OwnsData,
        State = State,
        ReleaseVersion = ReleaseVersion,
        SchemaVersion = SchemaVersion,
    };
}
