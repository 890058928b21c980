using CqlDriver.Diagnostics;
using CqlDriver.Partitioning;
using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>What answers tell of tablets beside their results, in the custom payload. Looked at only where there is one.</summary>
internal sealed class TabletAnswers(RequestExecutor executor)
{
    private int _hasWarned;

    /// <summary>Takes in what a successful answer told.</summary>
    public void Learn(RequestExecution request, IReadOnlyDictionary<string, byte[]?> payload)
    {
        if (HintOf(request, payload) is { } hint)
        {
            executor.Topology.Learn(hint);
        }
    }

    /// <summary>What is to be said of a node that refused a request because it is no replica; null: nothing is known of the request's partition.</summary>
    public MisrouteTold? MisrouteOf(RequestExecution request, IReadOnlyDictionary<string, byte[]?>? payload) =>
        request.Content is { Kind: RequestKind.Execute, Prepared: { Scope: { } scope } prepared } && RoutingKeys.TryHash(prepared, request.Content.EncodedValues, out var token)
            ? new MisrouteTold(scope, token, request.Course.RoutedAt, payload is null ? null : HintOf(request, payload), 0)
            : null;

    /// <summary>Ends when what was told has been taken in, or the nodes were read again. Whatever comes of it, the request goes on.</summary>
    public async Task RefuteAsync(MisrouteTold? told)
    {
        try
        {
            if (told is not null)
            {
                var topology = executor.Topology;
                await topology.WaitAsync(
                    waiter => topology.Loop.TryPost(told with { Waiter = waiter }), topology.Settings.QueryLimit, executor.Closing).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is TimeoutException or CqlException or ObjectDisposedException)
        {
            executor.Logger.MisrouteNotResolved(told!.Scope.ToString(), error.Message);
        }
    }

    /// <summary>What the payload of an answer tells of the request's tablet; null: nothing that can be used.</summary>
    public TabletHint? HintOf(RequestExecution request, IReadOnlyDictionary<string, byte[]?> payload)
    {
        var version = request.Course.Connection!.Facts.TabletsVersion;
        if (version == 0 || request.Content is not { Kind: RequestKind.Execute, Prepared: { Scope: { } scope } }
            || !payload.TryGetValue(version == 2 ? TabletPayload.KeyV2 : TabletPayload.KeyV1, out var bytes) || bytes is null)
        {
            return null;
        }

        try
        {
            var (range, replicas, tabletVersion) = TabletPayload.Read(bytes, hasVersion: version == 2);
            return new TabletHint(scope, range, replicas, request.Course.RoutedAt) { Version = tabletVersion };
        }
        catch (CqlProtocolException error)
        {
            // It only says where to go next time: the answer itself is good.
            if (Interlocked.Exchange(ref _hasWarned, 1) == 0)
            {
                executor.Logger.TabletNotRead(request.Course.Node?.Endpoint, error);
            }

            return null;
        }
    }
}
