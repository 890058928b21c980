using CqlDriver.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Topology;

/// <summary>Writes decisions and notices to the log: each once, where it was taken.</summary>
internal static class TopologyReport
{
    public static void Write(ILogger logger, TopologyChange change, Metadata metadata)
    {
        switch (change)
        {
            case NodeUp up:
                Log.NodeUp(logger, Name(metadata, up.HostId), up.Status.ToString(), up.Reason);
                break;
            case NodeDown down:
                Log.NodeDown(logger, Name(metadata, down.HostId), down.Status.ToString(), down.Reason);
                break;
            case NodeJoined joined:
                Log.NodeJoined(logger, joined.Node.ToString(), joined.Node.Datacenter, joined.Node.State.ToString());
                break;
            case NodeLeft left:
                Log.NodeLeft(logger, left.HostId);
                break;
            case NodeMoved moved:
                Log.NodeMoved(logger, moved.HostId, moved.From?.ToString(), moved.To?.ToString());
                break;
            case NodeReplaced replaced:
                Log.NodeReplaced(logger, replaced.Replaced, replaced.Node.ToString());
                break;
            case ShardingChanged sharding:
                Log.ShardingChanged(logger, Name(metadata, sharding.HostId), sharding.Sharding?.ShardCount);
                break;
            case ChangeBatch batch:
                foreach (var part in batch.Changes)
                {
                    Write(logger, part, metadata);
                }

                break;
            default:
                Log.TopologyChanged(logger, change.Kind.ToString(), change.Index);
                break;
        }
    }

    public static void Write(ILogger logger, TopologyNotice notice)
    {
        switch (notice.Kind)
        {
            case TopologyNoticeKind.RowIgnored:
                Log.RowIgnored(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.AddressMissing:
                Log.AddressMissing(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.DuplicateHostId:
                Log.DuplicateHostId(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.AddressContested:
                Log.AddressContested(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.PolicyFailed:
                Log.PolicyFailed(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.ContactFailed:
                Log.ContactFailed(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.RefreshFailed:
                Log.RefreshFailed(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.ControlConnected:
                Log.ControlConnected(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.ControlLost:
                Log.ControlLost(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.DatacenterInferred:
                Log.DatacenterInferred(logger, notice.Subject);
                break;
            case TopologyNoticeKind.NodeUnreachable:
                Log.NodeUnreachable(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.WrongNode:
                Log.WrongNode(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.RemovalUnconfirmed:
                Log.RemovalUnconfirmed(logger, notice.Subject, notice.Detail);
                break;
            case TopologyNoticeKind.KeyspaceNotSet:
                Log.KeyspaceNotSet(logger, notice.Subject, notice.Detail);
                break;
        }
    }

    private static string Name(Metadata metadata, HostId hostId) => metadata.TryGetNode(hostId, out var node) ? node.ToString() : hostId.ToString();
}
