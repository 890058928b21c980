using System.Globalization;

namespace CqlDriver.LoadBench;

/// <summary>Reads the command line.</summary>
internal static class LoadArguments
{
    private const int MaxConcurrency = 32_768;
    private const int MaxConnections = 128;

    private const string Usage = """
        Loads a server through the driver and prints one line of key=value figures for each run.

        What to run
          --op insert|select|page|mixed|all|burst   (insert) page: 1,000 rows; all: the first four; burst: --n inserts
                                    started at once, awaited afterwards
          --n N                     operations (1000000); of pages a hundredth of it
          --conc N                  workers, each awaits one operation at a time (256)
          --conns N                 connections to each node (1)
          --protocol 4|5            native protocol version (4)
          --repeat N                N rounds of floor and driver in turn, and a line "median": what can be quoted on a
                                    noisy machine. Its floor_ratio is the ratio of the medians (1)
          --rate N|half             open loop: a fixed schedule, latency counted from when each operation was due, and
                                    no limit of in flight but the driver's. half: of what the closed loop before it reached
          --start thread|pool       open loop: operations start on the thread that keeps the schedule, or each on the thread
                                    pool, as in a web server (thread)
          --warmup MS               of processor time before the first run of an operation (1500)

        Whom to compare with
          --no-floor                without the floor: blocking sockets, one thread each, the driver's requests encoded in
                                    advance, answers counted by their headers
          --floor-only              nothing but the floor

        Where
          --contact-points A,B      a real cluster instead of the canned answerer; creates keyspace and tables
          --datacenter NAME         local datacenter of that cluster
          --keyspace NAME           keyspace to create there (loadbench)
          --slow-answerer MS        the canned answerer waits before each batch of answers
          --answer-batch N|all      the canned answerer writes at most N answers at once, as servers do (16)

        How
          --gc server|workstation   the driver's process gets this collector (server needs two cores: on one the
                                    runtime takes the workstation's; gc= tells what it has)
          --cores N                 floor and driver get the first N cores, the answerer the others, if there are any;
                                    compiling on one core waits no longer than on two, else warming up takes ten times as long
          --backpressure wait|fail  the driver's option (wait)
          --max-waiting N           the driver's option MaxWaitingRequests
          --max-in-flight N         the driver's option MaxInFlightPerConnection
          --timeout S               the driver's option RequestTimeout (10)

        Instead
          --check                   do floor and driver write the same and get the same, does the driver return what the
                                    answerer holds? A few seconds
          --matrix                  all operations, 1 to 4,096 in flight, v4 and v5, both collectors, one and two cores, one
                                    and two connections: a table in Markdown at the end. About six minutes
          --help

        cpu_us/op is user and system time of this process (getrusage, to the microsecond), the load generator's own part
        included; in open loop that is a thread that wakes up every 50 us or so. floor_ratio divides it by the floor's
        of the same round. In closed loop one operation in eight is timed, in open loop all are. pace_p99_us= is how late
        operations were started: part of their latency. batch= is how many operations the answerer found in one read: the
        fewer, the more calls of the system each of them pays for, with the floor as with the driver.
        The exit code is 1 when an answer was wrong or missing.
        """;

    public static int ShowUsage()
    {
        Console.WriteLine(Usage);
        return 0;
    }

    public static LoadOptions Parse(string[] arguments)
    {
        var options = new LoadOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            options = Apply(options, arguments, ref i);
        }

        return Checked(options, arguments);
    }

    private static LoadOptions Apply(LoadOptions options, string[] arguments, ref int i) => arguments[i] switch
    {
        "--op" => options with { Operations = Operations(Value(arguments, ref i)) },
        "--n" => options with { Count = Number(arguments, ref i, 100_000_000) },
        "--conc" => options with { Concurrency = Number(arguments, ref i, MaxConcurrency) },
        "--conns" => options with { Connections = Number(arguments, ref i, MaxConnections) },
        "--protocol" => options with { Protocol = Choice(arguments, ref i, ("4", ProtocolVersion.V4), ("5", ProtocolVersion.V5)) },
        "--repeat" => options with { Rounds = Number(arguments, ref i, 1000) },
        "--rate" => options with { Rate = Number(arguments, ref i, 100_000_000, ("half", LoadOptions.HalfOfPeak)) },
        "--warmup" => options with { WarmUp = TimeSpan.FromMilliseconds(Number(arguments, ref i, 60_000)) },
        "--floor" => options with { WithFloor = true },
        "--no-floor" => options with { WithFloor = false },
        "--floor-only" => options with { WithDriver = false },
        "--contact-points" => options with { ContactPoints = Value(arguments, ref i).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
        "--datacenter" => options with { Datacenter = Value(arguments, ref i) },
        "--keyspace" => options with { Keyspace = Keyspace(Value(arguments, ref i)) },
        "--slow-answerer" => options with { AnswerDelay = TimeSpan.FromMilliseconds(Number(arguments, ref i, 60_000)) },
        "--answer-batch" => options with { AnswerBatch = Number(arguments, ref i, int.MaxValue, ("all", int.MaxValue)) },
        "--start" => options with { StartsOnPool = Choice(arguments, ref i, ("thread", false), ("pool", true)) },
        "--gc" => options with { ServerGc = Choice(arguments, ref i, ("server", true), ("workstation", false)) },
        "--cores" => options with { Cores = Number(arguments, ref i, Environment.ProcessorCount) },
        "--backpressure" => options with { Backpressure = Choice(arguments, ref i, ("wait", BackpressureMode.Wait), ("fail", BackpressureMode.FailFast)) },
        "--max-waiting" => options with { MaxWaiting = Number(arguments, ref i, int.MaxValue) },
        "--max-in-flight" => options with { MaxInFlight = Number(arguments, ref i, MaxConcurrency) },
        "--timeout" => options with { RequestTimeout = TimeSpan.FromSeconds(Number(arguments, ref i, 3600)) },
        "--check" => options with { Task = LoadTask.Check },
        "--matrix" => options with { Task = LoadTask.Matrix },
        "--help" or "-h" => options with { Task = LoadTask.Help },

        // What this program says to itself.
        "--answerer" => options with { Task = LoadTask.Answer },
        "--ends-with-input" => options with { EndsWithInput = true },
        "--answerer-cores" => options with { AnswererCores = Value(arguments, ref i) },
        var other => throw new ArgumentException($"Unknown argument '{other}'."),
    };

    private static LoadOptions Checked(LoadOptions options, string[] arguments)
    {
        if (options.Task == LoadTask.Matrix && arguments.Length > 1)
        {
            throw new ArgumentException("--matrix takes no other argument.");
        }

        if (options.Operations.Contains(Operation.Burst) && options.Rate != 0)
        {
            throw new ArgumentException("A burst has no --rate.");
        }

        if (!options.WithDriver && (options.Rate != 0 || options.Operations.Contains(Operation.Burst)))
        {
            throw new ArgumentException("The floor knows neither --rate nor bursts: leave --floor-only away.");
        }

        if (options.IsCanned)
        {
            return options;
        }

        return arguments.Contains("--floor") || arguments.Contains("--floor-only") || arguments.Contains("--slow-answerer")
            ? throw new ArgumentException("Floor and slow answerer are the canned answerer's: leave --contact-points away.")
            : options with { WithFloor = false };
    }

    private static Operation[] Operations(string text) => text switch
    {
        "insert" => [Operation.Insert],
        "select" => [Operation.Select],
        "page" => [Operation.Page],
        "mixed" => [Operation.Mixed],
        "burst" => [Operation.Burst],
        "all" => [Operation.Insert, Operation.Select, Operation.Page, Operation.Mixed],
        _ => throw new ArgumentException($"'{text}' is no operation: insert, select, page, mixed, all or burst."),
    };

    private static string Keyspace(string text) => text.Length <= 48 && text.Length > 0 && text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
        ? text
        : throw new ArgumentException($"'{text}' is no name for a keyspace: up to 48 of a to z, 0 to 9 and _.");

    private static T Choice<T>(string[] arguments, ref int i, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        var name = arguments[i];
        var text = Value(arguments, ref i);
        foreach (var choice in choices)
        {
            if (choice.Text == text)
            {
                return choice.Value;
            }
        }

        throw new ArgumentException($"'{text}' is nothing for {name}: {choices[0].Text} or {choices[1].Text}.");
    }

    private static int Number(string[] arguments, ref int i, int most, (string Text, int Value)? word = null)
    {
        var name = arguments[i];
        var text = Value(arguments, ref i);
        if (text == word?.Text)
        {
            return word.Value.Value;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most
            ? number
            : throw new ArgumentException($"'{text}' is nothing for {name}: a number from 1 to {most}{(word is null ? "" : $" or {word.Value.Text}")}.");
    }

    private static string Value(string[] arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");
}
