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

    /// <summary>All inserts started at once, then awaited.</summary>
    Burst,
}

/// <summary>What the program is to do.</summary>
internal enum LoadTask
{
    Measure,
    Check,
    Matrix,
    Answer,
    Help,
}

/// <summary>The command line.</summary>
internal sealed record LoadOptions
{
    public const int HalfOfPeak = -1;

    private const int OperationsPerPage = 100;

    public LoadTask Task { get; init; } = LoadTask.Measure;

    public IReadOnlyList<Operation> Operations { get; init; } = [Operation.Insert];

    public int Count { get; init; } = 1_000_000;

    public int Concurrency { get; init; } = 256;

    public int Connections { get; init; } = 1;

    public ProtocolVersion Protocol { get; init; } = ProtocolVersion.V4;

    /// <summary>Rounds of floor and driver in turn.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>Operations a second in open loop; 0: closed loop; <see cref="HalfOfPeak"/>: half of what the closed loop reached.</summary>
    public int Rate { get; init; }

    /// <summary>Whether operations of an open loop start on the thread pool, as in a web server, or on the thread that keeps the schedule.</summary>
    public bool StartsOnPool { get; init; }

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(1500);

    public bool WithFloor { get; init; } = true;

    public bool WithDriver { get; init; } = true;

    public BackpressureMode Backpressure { get; init; } = BackpressureMode.Wait;

    /// <summary>0: the driver's default, as below.</summary>
    public int MaxWaiting { get; init; }

    public int MaxInFlight { get; init; }

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public IReadOnlyList<string> ContactPoints { get; init; } = [];

    public string? Datacenter { get; init; }

    public string Keyspace { get; init; } = "loadbench";

    /// <summary>Null: as this process was started.</summary>
    public bool? ServerGc { get; init; }

    /// <summary>0: as this process was started.</summary>
    public int Cores { get; init; }

    /// <summary>The cores of the answerer, as taskset takes them; null: all.</summary>
    public string? AnswererCores { get; init; }

    /// <summary>How long the answerer waits before it sends a batch of answers.</summary>
    public TimeSpan AnswerDelay { get; init; }

    /// <summary>The most answers that the answerer writes at once. See <see cref="Answerer.CannedServer"/> for why there is a limit.</summary>
    public int AnswerBatch { get; init; } = 16;

    public bool EndsWithInput { get; init; }

    public bool IsCanned => ContactPoints.Count == 0;

    /// <summary>Collector and cores are settled when a process starts.</summary>
    public bool NeedsChild => !EndsWithInput && (ServerGc is not null || Cores > 0);

    public int CountOf(Operation operation) => operation == Operation.Page ? Math.Max(Count / OperationsPerPage, 1) : Count;

    public CqlClusterOptions ForDriver(int port)
    {
        var driver = new CqlClusterOptions
        {
            ProtocolVersion = Protocol,
            ConnectionsPerNode = Connections,
            LocalDatacenter = Datacenter,
            Port = port,
            Backpressure = Backpressure,
            RequestTimeout = RequestTimeout,
        };
        driver.MaxWaitingRequests = MaxWaiting > 0 ? MaxWaiting : driver.MaxWaitingRequests;
        driver.MaxInFlightPerConnection = MaxInFlight > 0 ? MaxInFlight : driver.MaxInFlightPerConnection;
        foreach (var contactPoint in IsCanned ? ["127.0.0.1"] : ContactPoints)
        {
            driver.ContactPoints.Add(contactPoint);
        }

        return driver;
    }
}
