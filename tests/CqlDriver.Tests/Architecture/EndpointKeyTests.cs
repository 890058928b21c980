using System.Net;
using System.Reflection;

namespace CqlDriver.Tests.Architecture;

/// <summary>
/// An endpoint says how to reach a node, not who it is: nothing in the control plane may be looked up by one, but for the
/// secondary index that translates events and matches contact points.
/// </summary>
public sealed class EndpointKeyTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] ControlPlane = ["CqlDriver.Topology", "CqlDriver.Pools", "CqlDriver.Routing", "CqlDriver.Execution"];
    private static readonly string[] Allowed = ["EndpointIndex"];
    private static readonly Type[] Addresses = [typeof(NodeEndpoint), typeof(EndPoint), typeof(IPEndPoint), typeof(IPAddress), typeof(DnsEndPoint)];

    [Fact]
    public void Nothing_but_the_index_is_keyed_by_an_endpoint() =>
        KeyedByEndpoint(typeof(CqlException).Assembly.GetTypes().Where(type => ControlPlane.Contains(type.Namespace)))
            .Should().BeEmpty("a node is found by its host id; only {0} may map endpoints", string.Join(", ", Allowed));

    [Fact]
    public void Dictionaries_and_sets_of_endpoints_are_recognised() =>
        KeyedByEndpoint([typeof(Offender)]).Should().HaveCount(2);

    private static IEnumerable<string> KeyedByEndpoint(IEnumerable<Type> types) =>
        from type in types
        where !Allowed.Contains(type.Name)
        from field in type.GetFields(Declared)
        where IsKeyedByEndpoint(field.FieldType)
        select $"{type.FullName}.{field.Name}";

    private static bool IsKeyedByEndpoint(Type type)
    {
        if (!type.IsGenericType)
        {
            return type.HasElementType && IsKeyedByEndpoint(type.GetElementType()!);
        }

        var name = type.Name.Split('`')[0];
        var isKeyed = name.Contains("Dictionary", StringComparison.Ordinal) || name.Contains("Set", StringComparison.Ordinal) || name.Contains("Lookup", StringComparison.Ordinal);
        return (isKeyed && Addresses.Contains(type.GetGenericArguments()[0])) || type.GetGenericArguments().Any(IsKeyedByEndpoint);
    }

#pragma warning disable CS0169, CS0649, IDE0044, IDE0051, CA1823 // Never used: there to be looked at.
    private sealed class Offender
    {
        private Dictionary<NodeEndpoint, HostId>? _byEndpoint;
        private List<HashSet<IPEndPoint>>? _seen;
        private Dictionary<HostId, NodeEndpoint>? _fine;
    }
#pragma warning restore CS0169, CS0649, IDE0044, IDE0051, CA1823
}
