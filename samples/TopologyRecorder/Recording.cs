using CqlDriver;
using CqlDriver.Recording;
using CqlDriver.Topology;

namespace TopologyRecorderSample;

internal static class Recording
{
    /// <summary>Records a cluster object from its first step to its last, and returns the snapshot that it ended with.</summary>
    public static async Task<Metadata> RecordAsync(string path, IEnumerable<string> contactPoints, Func<CqlCluster, Task> run)
    {
        await using var recorder = TopologyRecorder.ToFile(path);
        var options = new CqlClusterOptions { Recorder = recorder };
        foreach (var point in contactPoints)
        {
            options.ContactPoints.Add(point);
        }

        Metadata end;
        await using (var cluster = CqlCluster.Create(options))
        {
            await run(cluster);
            await cluster.DisposeAsync();
            end = cluster.Metadata;
        }

        await recorder.DisposeAsync();
        if (recorder.Error is { } error)
        {
            Console.Error.WriteLine($"The recording ended early: {error.Message}");
        }

        return end;
    }

    /// <summary>Tells the story, then takes every decision again and compares.</summary>
    public static int Replay(string path, Metadata? expected)
    {
        var recording = TopologyRecording.Open(path);
        Console.WriteLine($"\n{path}: {recording.InputCount} inputs, {recording.Changes.Count()} changes, {new FileInfo(path).Length:N0} bytes, recorded by version {recording.DriverVersion}\n");
        foreach (var line in recording.Explain().Concat(recording.Notices))
        {
            Console.WriteLine(line);
        }

        var replay = recording.ReplayInputs();
        var folded = TopologyRecording.ToBytes(recording.ReplayChanges());
        var isSame = folded.AsSpan().SequenceEqual(TopologyRecording.ToBytes(replay.Metadata)) && (expected is null || folded.AsSpan().SequenceEqual(TopologyRecording.ToBytes(expected)));
        foreach (var divergence in replay.Divergences)
        {
            Console.WriteLine(divergence);
        }

        Console.WriteLine($"\nInputs taken again: {(replay.IsIdentical ? "every decision is the recorded one" : $"{replay.Divergences.Length} differ")}");
        Console.WriteLine($"Changes applied again: {(isSame ? $"the same snapshot, byte for byte ({folded.Length:N0} bytes)" : "another snapshot")}");
        return replay.IsIdentical && isSame ? 0 : 1;
    }
}
