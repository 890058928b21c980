using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using CqlDriver.Partitioning;
using CqlDriver.Routing;
using CqlDriver.Topology;

namespace CqlDriver.Benchmarks.Partitioning;

/// <summary>From a token to its replicas, paid by every token-aware request; and a change of one tablet, paid by the topology loop.</summary>
[MemoryDiagnoser]
public class RoutingTableBenchmarks
{
    private const int Nodes = 1_000;
    private const int Asked = 4_096;

    private readonly Token[] _tokens = new Token[Asked];
    private RoutingTable _table = RoutingTable.Empty;
    private PlanOrder _order = PlanOrder.Empty;
    private TokenRange _range;
    private int _next;

    /// <summary>1,000 nodes of 256 tokens and 3 replicas on a ring; or so many tablets.</summary>
    [Params("ring", "tablets 1000", "tablets 1000000")]
    public string Shape { get; set; } = "ring";

    [GlobalSetup]
    public void Build()
    {
        var random = new Random(1);
        for (var i = 0; i < Asked; i++)
        {
            _tokens[i] = new Token(random.NextInt64(long.MinValue, long.MaxValue));
        }

        _table = Shape == "ring" ? Ring(random) : Tablets(int.Parse(Shape.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture));
        _range = _table.Ranges.First().Range;
        var metadata = Metadata.Empty.WithNodes([.. Enumerable.Range(0, Nodes).Select(number => new Node(Id(number)) { Endpoint = new NodeEndpoint($"10.0.{number / 250}.{(number % 250) + 1}", 9042) })]);
        _order = PlanOrder.Build(new LocalDatacenterPolicy().Build(metadata), metadata);
    }

    [Benchmark]
    public ReplicaGroup? Find() => _table.Find(_tokens[_next++ & (Asked - 1)]);

    [Benchmark]
    public int FindAndPlan()
    {
        var token = _tokens[_next++ & (Asked - 1)];
        var plan = new QueryPlan(_order, (uint)_next, new RoutingRequest { Replicas = _table.Find(token), Token = token });
        plan.TryNext(_order, out var ordinal);
        return ordinal;
    }

    [Benchmark]
    public RoutingTable ChangeOneTablet() => _table.WithTablet(_range, new ReplicaGroup(0, [new Replica(Id(1), 1)]));

    private static RoutingTable Ring(Random random) => RoutingTableOfRing.Build(
        [.. Enumerable.Range(0, Nodes).Select(number => new RingNode(Id(number), "dc", $"r{number % 3}", [.. Enumerable.Range(0, 256).Select(_ => new Token(random.NextInt64())).Order()]))],
        new NetworkTopologyStrategy([("dc", 3)]));

    private static RoutingTable Tablets(int count)
    {
        var width = ulong.MaxValue / (ulong)count;
        var table = RoutingTable.Empty;
        for (var i = 0; i < count; i++)
        {
            var first = unchecked(long.MinValue + (long)(width * (ulong)i));
            var last = i == count - 1 ? long.MaxValue : unchecked(long.MinValue + (long)(width * (ulong)(i + 1)));
            ImmutableArray<Replica> replicas = [new(Id(i % Nodes), i % 16), new(Id((i + 1) % Nodes), i % 16), new(Id((i + 2) % Nodes), i % 16)];
            table = table.WithTablet(new TokenRange(new Token(first), new Token(last)), new ReplicaGroup(0, replicas));
        }

        return table;
    }

    private static HostId Id(int number) => new(new Guid(number + 1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]));
}
