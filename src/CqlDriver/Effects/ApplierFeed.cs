using CqlDriver.Diagnostics;
using CqlDriver.Topology;
using Microsoft.Extensions.Logging;

namespace CqlDriver.Effects;

/// <summary>
/// Gives the driver's own log to an application's applier, one change after the other. The applier has its own reading of
/// the changes: how slow it is, or that it fails, is nobody else's affair. One that does not believe the log any more gets a
/// snapshot, from which it can go on.
/// </summary>
internal static class ApplierFeed
{
    public static async Task FeedAsync(ITopologyApplier applier, ChangeListeners listeners, Func<Metadata> current, ILogger logger)
    {
        // Not on the caller's thread: what an applier does may take long.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await foreach (var change in listeners.ListenAsync(0, CancellationToken.None).ConfigureAwait(false))
        {
            if (!TryApply(applier, change, logger))
            {
                TryApply(applier, new SnapshotInstalled(current()), logger);
            }
        }
    }

    private static bool TryApply(ITopologyApplier applier, TopologyChange change, ILogger logger)
    {
        try
        {
            applier.Apply([TopologyLogEntry.Of(new LogPosition(0, change.Index), change)]);
            return true;
        }
#pragma warning disable CA1031 // Whatever an application's applier throws: the topology does not depend on it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.ApplierFailed(logger, applier.GetType().Name, change.Index, error);
            return false;
        }
    }
}
