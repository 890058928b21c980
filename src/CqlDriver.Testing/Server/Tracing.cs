using CqlDriver.Testing.Engine;
using CqlDriver.Testing.Storage;

namespace CqlDriver.Testing.Server;

/// <summary>Traces: a session and two events in <c>system_traces</c>, written before the answer that names them.</summary>
internal static class Tracing
{
    private const string InsertSession =
        "INSERT INTO system_traces.sessions (session_id, client, command, coordinator, coordinator_port, duration, request, started_at, parameters) VALUES (?, ?, 'QUERY', ?, ?, ?, ?, ?, ?)";

    private const string InsertEvent =
        "INSERT INTO system_traces.events (session_id, event_id, activity, source, source_elapsed, source_port, thread) VALUES (?, ?, ?, ?, ?, ?, ?)";

    public static Guid Write(ServerConnection connection, string cql)
    {
        var node = connection.Node;
        var engine = node.Engine;
        var scope = new ExecutionScope { Timestamp = engine.NextTimestamp(), Now = engine.Now, NowSeconds = engine.Now.ToUnixTimeSeconds() };
        var id = scope.NextTimeUuid();
        var source = node.Endpoint.Address!.GetAddressBytes();
        var port = CqlBytes.Int32(node.Endpoint.Port);
        var parameters = CqlBytes.Map([CqlBytes.Text("query"), CqlBytes.Text(cql)]);
        scope.Values =
        [
            id, connection.Client.Address.GetAddressBytes(), source, port, CqlBytes.Int32(2), CqlBytes.Text("Execute CQL3 query"),
            CqlBytes.Int64(scope.Now.ToUnixTimeMilliseconds()), parameters,
        ];
        engine.Execute(InsertSession, null, scope);
        var elapsed = 0;
        foreach (var activity in new[] { $"Parsing {cql}", "Request complete" })
        {
            scope.Values = [id, scope.NextTimeUuid(), CqlBytes.Text(activity), source, CqlBytes.Int32(++elapsed), port, CqlBytes.Text("Native-Transport-Requests-1")];
            engine.Execute(InsertEvent, null, scope);
        }

        return CqlBytes.ToGuid(id);
    }
}
