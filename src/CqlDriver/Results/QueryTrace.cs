using System.Collections.Immutable;
using System.Net;

namespace CqlDriver;

/// <summary>What the cluster noted while it executed a traced request. Immutable.</summary>
/// <param name="Id">The id of the trace.</param>
/// <param name="RequestType">What kind of request it was, in the server's words.</param>
/// <param name="Coordinator">The address of the node that coordinated it.</param>
/// <param name="Duration">How long it took the coordinator.</param>
/// <param name="StartedAt">When it started, by the coordinator's clock.</param>
/// <param name="Parameters">The request's parameters, in the server's words.</param>
/// <param name="Events">What was done, in the order of time.</param>
public sealed record QueryTrace(
    Guid Id,
    string? RequestType,
    IPAddress? Coordinator,
    TimeSpan Duration,
    DateTimeOffset? StartedAt,
    ImmutableDictionary<string, string> Parameters,
    ImmutableArray<QueryTraceEvent> Events)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    internal static async Task<QueryTrace> ReadAsync(CqlSession session, Guid id, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var select = new SimpleStatement("SELECT request, coordinator, duration, started_at, parameters FROM system_traces.sessions WHERE session_id = ?", id)
                .WithConsistency(ConsistencyLevel.LocalOne).WithIdempotence(true);
            using var sessions = await session.ExecuteAsync(select, cancellationToken).ConfigureAwait(false);
            if (sessions.FirstOrDefault() is { } row && row.Get<int?>("duration") is { } microseconds)
            {
                return new QueryTrace(
                    id,
                    row.Get<string?>("request"),
                    row.Get<IPAddress?>("coordinator"),
                    TimeSpan.FromMicroseconds(microseconds),
                    row.Get<DateTimeOffset?>("started_at"),
                    row.Get<Dictionary<string, string>?>("parameters")?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty,
                    await ReadEventsAsync(session, id, cancellationToken).ConfigureAwait(false));
            }

            if (time.GetElapsedTime(start) >= Limit)
            {
                throw new CqlException($"The trace {id} was not complete within {Limit.TotalSeconds:0} s: it was not requested, has expired, or the cluster is behind with writing traces.");
            }

            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<ImmutableArray<QueryTraceEvent>> ReadEventsAsync(CqlSession session, Guid id, CancellationToken cancellationToken)
    {
        var select = new SimpleStatement("SELECT activity, source, source_elapsed, thread FROM system_traces.events WHERE session_id = ?", id)
            .WithConsistency(ConsistencyLevel.LocalOne).WithIdempotence(true);
        var events = ImmutableArray.CreateBuilder<QueryTraceEvent>();
        await foreach (var row in (await session.ExecuteAsync(select, cancellationToken).ConfigureAwait(false)).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            events.Add(new QueryTraceEvent(
                row.Get<string?>("activity") ?? "",
                row.Get<IPAddress?>("source"),
                row.Get<int?>("source_elapsed") is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null,
                row.Get<string?>("thread")));
        }

        return events.ToImmutable();
    }
}

/// <summary>A step of a traced request.</summary>
/// <param name="Activity">What was done, in the server's words.</param>
/// <param name="Source">The node that did it.</param>
/// <param name="Elapsed">How long after the request reached that node.</param>
/// <param name="Thread">The server's thread.</param>
public sealed record QueryTraceEvent(string Activity, IPAddress? Source, TimeSpan? Elapsed, string? Thread);
