using CqlDriver.Testing.SystemTables;

namespace CqlDriver.Testing.Server;

/// <summary>The system tables as one node shows them.</summary>
internal sealed class NodeViewer(EmbeddedNode node, Guid? reportedHostId) : ISystemViewer
{
    public SystemView Look()
    {
        var view = node.Cluster.Members.ViewOf(node);
        return reportedHostId is { } hostId ? view with { Local = view.Local with { HostId = hostId } } : view;
    }
}
