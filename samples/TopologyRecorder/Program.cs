using CqlDriver;
using TopologyRecorderSample;

// A black box for operators: everything the driver learns about a cluster and every decision it takes goes into a file, which
// is replayed and explained later, elsewhere, without the cluster.
//     record FILE [CONTACT_POINT ...]   records until Enter is pressed
//     replay FILE                       replays and explains
// Without arguments a session on an embedded cluster is recorded while a node moves and another one is added and leaves.
try
{
    switch (args)
    {
        case ["record", var path, .. var points] when points.Length > 0:
            await Recording.RecordAsync(path, points, static async cluster =>
            {
                await using var session = await cluster.ConnectAsync();
                Console.WriteLine($"Connected to '{cluster.Metadata.ClusterName}'. Recording; Enter ends it.");
                await Console.In.ReadLineAsync();
            });
            return Recording.Replay(path, expected: null);
        case ["replay", var path]:
            return Recording.Replay(path, expected: null);
        case []:
            var file = Path.Combine(Path.GetTempPath(), $"topology-{Environment.ProcessId}.rec");
            try
            {
                var end = await Scene.PlayAsync(file);
                return Recording.Replay(file, end);
            }
            finally
            {
                File.Delete(file);
            }

        default:
            Console.Error.WriteLine("Usage: TopologyRecorder [record FILE CONTACT_POINT ... | replay FILE]");
            return 2;
    }
}
catch (Exception error) when (error is CqlException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}
