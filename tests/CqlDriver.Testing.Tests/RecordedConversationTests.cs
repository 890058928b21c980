using CqlDriver.Protocol;
using CqlDriver.Testing.Tests.Support;

namespace CqlDriver.Testing.Tests;

/// <summary>
/// What a real Cassandra answered to recorded requests, against what the embedded node answers to the same bytes: results,
/// metadata, cells, ids of prepared statements, error codes and texts. What differs on purpose is listed here.
/// </summary>
public sealed class RecordedConversationTests
{
    /// <summary>Refused by name: user-defined functions, views, JSON, DESCRIBE.</summary>
    private static readonly string[] NotSupported =
        ["MATERIALIZED VIEW", "CREATE FUNCTION", "DROP FUNCTION", "AGGREGATE", "SELECT JSON", "DESCRIBE", "a function that fails"];

    /// <summary>What only the recording's surroundings explain: too few replicas, faults in the server, other clocks and names.</summary>
    private static readonly string[] OtherSurroundings =
    [
        "unavailable", "failing_writes", "write failure", "write timeout", "read failure", "read timeout", "tombs", "tombstones", "system.local", "writetime(", "CustomPayload",
    ];

    /// <summary>Same code, other words: ours say where, or how many.</summary>
    private static readonly string[] OtherWords = ["syntax error", "too few values"];

    [Theory]
    [InlineData("main-v4-plain", ProtocolVersion.V4, null)]
    [InlineData("main-v4-lz4", ProtocolVersion.V4, "lz4")]
    [InlineData("main-v4-snappy", ProtocolVersion.V4, "snappy")]
    [InlineData("main-v5-plain", ProtocolVersion.V5, null)]
    [InlineData("main-v5-lz4", ProtocolVersion.V5, "lz4")]
    public async Task Recorded_requests_are_answered_as_a_real_server_did(string conversation, ProtocolVersion version, string? compression)
    {
        var recording = new Support.Recording(conversation);
        await using var cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { ClusterName = "test" });
        await using var client = await RawClient.DialAsync(cluster.Nodes[0].Endpoint, version);
        var (compared, differences) = (0, new List<string>());
        foreach (var (seq, note, raw, messages) in recording.Requests)
        {
            await client.SendRawAsync(raw);
            foreach (var (stream, request) in messages)
            {
                var answer = await client.ReceiveAsync(candidate => candidate.Header.Stream == stream);
                if (request is StartupRequest)
                {
                    client.Switch(compression);
                }

                // Result metadata ids are the server's own too: with a recorded one, the answer says that the metadata has changed.
                var withMetadata = request is not ExecuteRequest { ResultMetadataId: not null };
                if (!IsComparable(note, request))
                {
                    continue;
                }

                compared++;
                if (AnswerComparison.Difference(recording.AnswerTo(seq, stream), answer, !Holds(OtherWords, note), withMetadata) is { } difference)
                {
                    differences.Add($"{note}: {difference}");
                }
            }
        }

        differences.Should().BeEmpty();
        compared.Should().BeGreaterThan(140);
    }

    /// <summary>Paging states are the server's own: the recorded ones mean nothing to another.</summary>
    private static bool IsComparable(string note, CqlRequest request) => !Holds(NotSupported, note) && !Holds(OtherSurroundings, note)
        && request is not (OptionsRequest or QueryRequest { Parameters.PagingState: not null } or ExecuteRequest { Parameters.PagingState: not null })
        && !(request is QueryRequest query && Holds(OtherSurroundings, query.Cql));

    private static bool Holds(string[] parts, string note) => Array.Exists(parts, part => note.Contains(part, StringComparison.OrdinalIgnoreCase));
}
