using System.Text.RegularExpressions;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Architecture;

/// <summary>A node's endpoint changes in one flow only, and what decides about the cluster never waits.</summary>
public sealed partial class MoveTests
{
    /// <summary>Reading and writing entries of a log decides nothing.</summary>
    [Fact]
    public void Only_the_handover_decides_that_a_node_moved() =>
        Sources("Topology", "Pools").Where(file => file.Folder is not ("Log" or "Format") && NodeMoved().IsMatch(file.Text)).Select(file => file.Name).Should().Equal("HandoverRules.cs");

    [Fact]
    public void Nothing_is_awaited_where_the_cluster_is_decided_about()
    {
        string[] shells = ["TopologyLoop.cs", "SessionPools.cs"];

        Sources("Topology", "Pools").Where(file => Await().IsMatch(file.Text)).Select(file => file.Name).Should().BeSubsetOf(shells, "they hand over to the deciding code, or wait for it");
    }

    /// <summary>The heart, without what stands beside it in folders of its own: each of those reads in half an hour.</summary>
    [Fact]
    public void The_control_plane_reads_in_an_hour()
    {
        string[] beside = ["ClientRoutes", "Format", "Log", "Monitors", "Recording", "Tablets"];
        var files = Sources("Topology", "Pools").Select(file => (file.Name, file.Folder, Lines: file.Text.Count(character => character == '\n'))).ToArray();

        files.Where(file => !beside.Contains(file.Folder)).Sum(file => file.Lines).Should().BeLessThan(6_000);
        beside.Should().OnlyContain(folder => files.Where(file => file.Folder == folder).Sum(file => file.Lines) < 2_000);
        files.Should().OnlyContain(file => file.Lines <= 500);
    }

    private static IEnumerable<(string Name, string Folder, string Text)> Sources(params string[] rooms) =>
        from room in rooms
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "CqlDriver", room), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        select (Path.GetFileName(path), Path.GetFileName(Path.GetDirectoryName(path)!), File.ReadAllText(path));

    [GeneratedRegex(@"new NodeMoved\(")]
    private static partial Regex NodeMoved();

    [GeneratedRegex(@"\bawait\b")]
    private static partial Regex Await();
}
