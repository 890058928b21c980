using System.Text.RegularExpressions;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Architecture;

/// <summary>
/// Rooms depend downwards only (docs/architecture.md). What counts is the compiled code: bases, signatures, locals and
/// instructions. A type in namespace CqlDriver belongs to the room its file lies in.
/// </summary>
public sealed partial class RoomTests
{
    /// <summary>From the top down; a room may name what stands below it.</summary>
    private static readonly string[] Order =
        ["", Words, "Execution", "Recording", "Pools", "Routing", "Effects", "Topology", "Schema", "Partitioning", "Connections", "Protocol", "Types", "Diagnostics"];

    /// <summary>
    /// What users hold in their hands: a part of the top room, and the words in which Execution speaks, which turns statements
    /// into results by options. Errors are thrown by every room and belong to none.
    /// </summary>
    private static readonly string[] PublicFolders = ["Options", "Statements", "Results"];

    private const string Words = "(words)";

    private const string Everywhere = "Exceptions";

    /// <summary>Plain values that every room speaks, wherever their file lies: who a node is and where it is, and what log lines name.</summary>
    private static readonly string[] SpokenByAll = ["HostId", "NodeEndpoint", "ConnectionId", "ProtocolVersion", "CqlCompression", "HandoverPhase", "HandoverOptions", "IReconnectionPolicy", "ExponentialReconnectionPolicy"];

    [Fact]
    public void No_room_names_a_type_of_a_room_above_it()
    {
        var roomOfPublicType = PublicTypesByFolder();

        var upwards =
            from type in typeof(CqlException).Assembly.GetTypes()
            let room = RoomOf(type, roomOfPublicType)
            where room is not null and not Everywhere
            from reference in TypeReferences.Of(type)
            let named = RoomOf(reference.Named, roomOfPublicType)
            where named is not null and not Everywhere && Array.IndexOf(Order, named) < Array.IndexOf(Order, room)
            where !SpokenByAll.Contains(reference.Named.Name) && (room, named) is not ("Execution", Words) and not (Words, "")
            group reference.By by $"{Name(room)}/{Outermost(type).Name} names {Name(named)}/{reference.Named.Name}" into places
            select $"{places.Key} in {places.First()}";

        upwards.Should().BeEmpty("dependencies point downwards only");
    }

    [Fact]
    public void Every_type_belongs_to_a_known_room()
    {
        var roomOfPublicType = PublicTypesByFolder();

        var homeless = typeof(CqlException).Assembly.GetTypes()
            .Where(type => Outermost(type).Namespace?.StartsWith("CqlDriver", StringComparison.Ordinal) == true)
            .Where(type => RoomOf(type, roomOfPublicType) is not { } room || (room != Everywhere && Array.IndexOf(Order, room) < 0))
            .Select(type => type.FullName);

        homeless.Should().BeEmpty("folder = namespace = room");
    }

    private static string? RoomOf(Type type, Dictionary<string, string> roomOfPublicType)
    {
        var outer = Outermost(type);
        if (outer.Assembly != typeof(CqlException).Assembly || outer.Namespace is not { } space || !space.StartsWith("CqlDriver", StringComparison.Ordinal))
        {
            return null;
        }

        return space == "CqlDriver" ? roomOfPublicType.GetValueOrDefault(outer.Name.Split('`')[0]) : space["CqlDriver.".Length..];
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type;
    }

    private static string Name(string room) => room.Length == 0 ? "(public)" : room;

    private static Dictionary<string, string> PublicTypesByFolder()
    {
        var source = Repository.PathOf("src", "CqlDriver");
        var rooms = new Dictionary<string, string>();
        foreach (var path in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var parts = Path.GetRelativePath(source, path).Split(Path.DirectorySeparatorChar);
            if (parts[0] is "obj" or "bin")
            {
                continue;
            }

            var folder = parts.Length == 1 ? "" : PublicFolders.Contains(parts[0]) ? Words : parts[0];
            var text = File.ReadAllText(path);
            if (text.Contains("\nnamespace CqlDriver;", StringComparison.Ordinal) || text.StartsWith("namespace CqlDriver;", StringComparison.Ordinal))
            {
                foreach (Match declaration in Declaration().Matches(text))
                {
                    rooms[declaration.Groups[1].Value] = folder;
                }
            }
        }

        return rooms;
    }

    [GeneratedRegex(@"^(?:public |internal |file )(?:[a-z]+ )*(?:class|struct|record|interface|enum|delegate [^(]*?) ?(\w+)[<(\s:;]", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
