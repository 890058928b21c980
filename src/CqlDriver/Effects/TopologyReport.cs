using CqlDriver.Diagnostics;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Effects;

/// <summary>Writes decisions to the log.</summary>
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
            case NodeReidentified reidentified:
                Log.NodeReidentified(logger, reidentified.Former, reidentified.Node.ToString());
                break;
            case HandoverCheckpoint handover:
                Log.HandoverPhase(logger, handover.Handover, handover.HostId, handover.From?.ToString(), handover.To.ToString(), handover.Phase.ToString(), handover.Attempt);
                break;
            case HandoverAborted aborted:
                Log.HandoverAborted(logger, aborted.Handover, aborted.HostId, aborted.Reason);
                break;
            default:
                Log.TopologyChanged(logger, change.GetType().Name, change.Index);
                break;
        }
    }

    private static string Name(Metadata metadata, HostId hostId) => metadata.TryGetNode(hostId, out var node) ? node.ToString() : hostId.ToString();
}
