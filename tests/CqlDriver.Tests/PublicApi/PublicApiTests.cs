using System.Reflection;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.PublicApi;

/// <summary>
/// The surface of each package is a text file in this folder. A test fails when the two differ; running it once with
/// CQLDRIVER_ACCEPT_API=1 writes the file anew, and its diff is reviewed as code. A package without a file has not been
/// accepted yet, and is free.
/// </summary>
public sealed class PublicApiTests
{
    private const string AcceptVariable = "CQLDRIVER_ACCEPT_API";

    [Theory]
    [InlineData("CqlDriver")]
    [InlineData("CqlDriver.Testing")]
    public void Public_surface_is_the_one_checked_in(string package)
    {
        var path = Repository.PathOf("tests", "CqlDriver.Tests", "PublicApi", package + ".txt");
        var actual = ApiPrinter.Print(Assembly.Load(package));
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(path, actual);
        }

        var accepted = File.Exists(path) ? File.ReadAllText(path) : actual;

        Difference(accepted.Split('\n'), actual.Split('\n')).Should().BeEmpty(
            "the surface of {0} is reviewed as code; if the change is meant, run this test with {1}=1 and commit {0}.txt", package, AcceptVariable);
    }

    /// <summary>Lines that left with '-', lines that came with '+', each under the type it belongs to.</summary>
    private static IEnumerable<string> Difference(string[] accepted, string[] actual)
    {
        var before = Qualified(accepted);
        var after = Qualified(actual);
        return before.Except(after).Select(line => "- " + line).Concat(after.Except(before).Select(line => "+ " + line));
    }

    private static List<string> Qualified(string[] lines)
    {
        var type = "";
        var qualified = new List<string>();
        foreach (var line in lines.Where(line => line.Length > 0))
        {
            type = line[0] == ' ' ? type : line;
            qualified.Add(line[0] == ' ' ? $"{type.Split(" : ")[0]} →{line[3..]}" : line);
        }

        return qualified;
    }
}
