using BenchmarkDotNet.Attributes;
using CqlDriver.Execution;
using CqlDriver.Partitioning;
using CqlDriver.Routing;
using CqlDriver.Topology;
using CqlDriver.Types;

namespace CqlDriver.Benchmarks.Routing;

/// <summary>From the encoded values of a request to the node that is asked first: token of the key, replicas, plan, pick.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private const int Keys = 1024;
    private const int TokensPerNode = 256;

    private readonly PreparedCore _insert = SomeStatement.Insert();
    private readonly byte[][] _values = new byte[Keys][];
    private RoutingTable _table = RoutingTable.Empty;
    private PlanOrder _order = PlanOrder.Empty;
    private uint _turn;

    [Params(3, 1_000)]
    public int Nodes { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var random = new Random(1);
        _table = RoutingTableOfRing.Build(
            [.. Enumerable.Range(0, Nodes).Select(number => new RingNode(Id(number), "dc", $"r{number % 3}", [.. Enumerable.Range(0, TokensPerNode).Select(_ => new Token(random.NextInt64(long.MinValue, long.MaxValue))).Order()]))],
            new NetworkTopologyStrategy([("dc", 3)]));
        var metadata = Metadata.Empty.WithNodes([.. Enumerable.Range(0, Nodes).Select(number => new Node(Id(number)) { Endpoint = new NodeEndpoint($"10.0.{number / 250}.{(number % 250) + 1}", 9042) })]);
        _order = PlanOrder.Build(new LocalDatacenterPolicy().Build(metadata), metadata);
        using var buffer = new GrowableBuffer();
        for (var i = 0; i < Keys; i++)
        {
            buffer.Clear();
            ParameterValues.Write(_insert, buffer, Guid.NewGuid(), i, SomeStatement.Text);
            _values[i] = buffer.WrittenSpan.ToArray();
        }
    }

    [Benchmark]
    public long TokenOfKey()
    {
        RoutingKeys.TryHash(_insert, _values[_turn++ & (Keys - 1)], out var token);
        return token.Value;
    }

    [Benchmark]
    public int TokenToNode()
    {
        RoutingKeys.TryHash(_insert, _values[_turn++ & (Keys - 1)], out var token);
        var plan = new QueryPlan(_order, _turn, new RoutingRequest { Replicas = _table.Find(token), Token = token });
        plan.TryNext(_order, out var ordinal);
        return ordinal;
    }

    private static HostId Id(int number) => new(new Guid(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));
}
