using System.IO.Compression;
using System.Text.Json;

namespace CqlDriver.Tests.Vectors;

/// <summary>Reads the golden vectors: gzipped JSON Lines beside the test assembly. README.md there says what each holds.</summary>
internal static class VectorFile
{
    public static IEnumerable<JsonElement> Read(string name)
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Vectors", name + ".jsonl.gz"));
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        while (text.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    public static byte[] Hex(this JsonElement element) => Convert.FromHexString(element.GetString()!);

    public static byte[] Hex(this JsonElement element, string property) => element.GetProperty(property).Hex();

    public static string? Text(this JsonElement element, string property) =>
        element.TryGetProperty(property, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
}
