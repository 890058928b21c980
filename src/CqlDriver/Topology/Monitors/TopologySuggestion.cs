using System.Collections.Immutable;

namespace CqlDriver.Topology;

/// <summary>
/// What a source of topology noticed. It may be wrong, late or doubled: what follows is decided by the driver, and told as
/// <see cref="TopologyChange"/>s. A closed family. While the driver is busy, suggestions about one node are merged, and the
/// newest counts; what is forced wins.
/// </summary>
public abstract record TopologySuggestion
{
    private protected TopologySuggestion() { }
}

/// <summary>Something has changed: all nodes should be read. Several within a second are one.</summary>
public sealed record RefreshSuggested : TopologySuggestion;

/// <summary>The schema has changed and should be read.</summary>
public sealed record SchemaRefreshSuggested : TopologySuggestion;

/// <summary>All nodes, told at once: nothing has to be read. Of two lists the newer counts.</summary>
/// <param name="Nodes">The nodes; an empty list is ignored with a warning.</param>
public sealed record NodesTold(ImmutableArray<NodeDescription> Nodes) : TopologySuggestion;

/// <summary>A suggestion about one node.</summary>
/// <param name="HostId">The node.</param>
public abstract record NodeSuggestion(HostId HostId) : TopologySuggestion;

/// <summary>Something about the node has changed, or it is new: it should be read.</summary>
/// <param name="HostId">The node.</param>
public sealed record NodeRefreshSuggested(HostId HostId) : NodeSuggestion(HostId);

/// <summary>
/// The node is said to be up: a waiting dial is tried at once. It is shown as up by that only where no session connects to it.
/// </summary>
/// <param name="HostId">The node.</param>
public sealed record NodeUpSuggested(HostId HostId) : NodeSuggestion(HostId);

/// <summary>
/// The node is said to be down: its connections are asked for a sign of life. It is shown as down by that only where no session
/// connects to it.
/// </summary>
/// <param name="HostId">The node.</param>
public sealed record NodeDownSuggested(HostId HostId) : NodeSuggestion(HostId);

/// <summary>The node is up, whatever its connections say, until it is forced otherwise or released.</summary>
/// <param name="HostId">The node; may be one that is not known yet.</param>
public sealed record NodeForcedUp(HostId HostId) : NodeSuggestion(HostId);

/// <summary>The node is down, whatever its connections say: they are closed and none is opened, until it is forced otherwise or released.</summary>
/// <param name="HostId">The node; may be one that is not known yet.</param>
public sealed record NodeForcedDown(HostId HostId) : NodeSuggestion(HostId);

/// <summary>Takes back that the node was forced.</summary>
/// <param name="HostId">The node.</param>
public sealed record NodeReleased(HostId HostId) : NodeSuggestion(HostId);
