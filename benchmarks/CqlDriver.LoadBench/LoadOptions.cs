using System.Globalization;

namespace CqlDriver.LoadBench;

/// <summary>What is measured.</summary>
internal enum Operation
{
    /// <summary>A prepared INSERT of three columns.</summary>
    Insert,

    /// <summary>A prepared SELECT of one row by its key, its three values read.</summary>
    Select,

    /// <summary>A prepared SELECT of a page of 1,000 rows, all values read.</summary>
    Page,

    /// <summary>Insert and select in turn.</summary>
    Mixed,
}

/// <summary>The command line.</summary>
internal sealed record LoadOptions
{
    public const string Usage = """
        Loads a server through the driver and prints one line of figures for each operation.

          --op insert|select|page|mixed|all   what to run                         (insert)
          --n N                               operations                          (1000000; pages: a hundredth of it)
          --conc N                            workers, each awaits one at a time  (256)
          --conns N                           connections to the node             (1)
          --protocol 4|5                      native protocol version             (4)
          --rate N                            open loop: N operations a second, latency counted from when each was due
          --floor                             measure the floor too: plain socket, pre-encoded frames, answers counted
          --floor-only                        measure nothing but the floor
          --contact-points A,B                a real cluster instead of the canned answerer
          --datacenter NAME                   local datacenter of that cluster
          --keyspace NAME                     keyspace to create there            (loadbench)
          --answerer                          be the canned answerer: print the port, end with standard input
        """;

    public IReadOnlyList<Operation> Operations { get; init; } = [Operation.Insert];

    public int Count { get; init; } = 1_000_000;

    public int Concurrency { get; init; } = 256;

    public int Connections { get; init; } = 1;

    public ProtocolVersion Protocol { get; init; } = ProtocolVersion.V4;

    /// <summary>Operations a second in open loop; 0 in closed loop.</summary>
    public int Rate { get; init; }

    public bool WithFloor { get; init; }

    public bool WithDriver { get; init; } = true;

    public IReadOnlyList<string> ContactPoints { get; init; } = [];

    public string? Datacenter { get; init; }

    public string Keyspace { get; init; } = "loadbench";

    public bool IsAnswerer { get; init; }

    public int CountOf(Operation operation) => operation == Operation.Page ? Math.Max(Count / 100, 1) : Count;

    public static LoadOptions Parse(string[] arguments)
    {
        var options = new LoadOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            options = arguments[i] switch
            {
                "--op" => options with { Operations = ParseOperations(Value(arguments, ref i)) },
                "--n" => options with { Count = Number(arguments, ref i) },
                "--conc" => options with { Concurrency = Number(arguments, ref i) },
                "--conns" => options with { Connections = Number(arguments, ref i) },
                "--protocol" => options with { Protocol = ParseProtocol(Value(arguments, ref i)) },
                "--rate" => options with { Rate = Number(arguments, ref i) },
                "--floor" => options with { WithFloor = true },
                "--floor-only" => options with { WithFloor = true, WithDriver = false },
                "--contact-points" => options with { ContactPoints = Value(arguments, ref i).Split(',', StringSplitOptions.TrimEntries) },
                "--datacenter" => options with { Datacenter = Value(arguments, ref i) },
                "--keyspace" => options with { Keyspace = Value(arguments, ref i) },
                "--answerer" => options with { IsAnswerer = true },
                var other => throw new ArgumentException($"Unknown argument '{other}'."),
            };
        }

        return options is { WithFloor: true, ContactPoints.Count: > 0 }
            ? throw new ArgumentException("--floor is measured against the canned answerer only; leave --contact-points away.")
            : options;
    }

    private static Operation[] ParseOperations(string text) => text == "all"
        ? [Operation.Insert, Operation.Select, Operation.Page]
        : Enum.TryParse<Operation>(text, ignoreCase: true, out var operation) ? [operation] : throw new ArgumentException($"'{text}' is no operation.");

    private static ProtocolVersion ParseProtocol(string text) => text switch
    {
        "4" => ProtocolVersion.V4,
        "5" => ProtocolVersion.V5,
        _ => throw new ArgumentException($"'{text}' is no protocol version: 4 or 5."),
    };

    private static int Number(string[] arguments, ref int i)
    {
        var name = arguments[i];
        var text = Value(arguments, ref i);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"'{text}' is no positive number for {name}.");
    }

    private static string Value(string[] arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");
}
