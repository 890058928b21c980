using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Execution;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>
/// One run: the driver's own loop, rules and pools over a simulated cluster, network and application. Everything that is not
/// determined is one call of <see cref="Choose"/>; what was chosen is the schedule, and the schedule is the run.
/// </summary>
/// <remarks>
/// <para>The world is a list of items: effects under way, connections' ends on their way, requests to be written, timers.
/// A step runs one of them, or moves time to the next timer, or lets the cluster or the application act; after each step the
/// invariants are checked. There are no threads, no tasks, no clock and no hash-ordered enumeration.</para>
/// <para>The phases: <see cref="Step"/> for as many steps as the schedule says; then <see cref="Settle"/>, in which nothing
/// goes wrong any more and the driver must get well; then <see cref="End"/>, after which nothing may be left.</para>
/// </remarks>
internal sealed class SimulationWorld
{
    private static readonly CqlClusterOptions Options = new();

    private readonly ChoiceSource _source;
    private readonly SimulationOptions _options;
    private readonly List<byte> _answers = [];
    private readonly List<WorldItem> _ready = [];
    private readonly InvariantSet _invariants;
    private readonly LateInputsChangeNothing _lateInputs;
    private bool _isBenign;

    public SimulationWorld(ChoiceSource source, SimulationOptions options)
    {
        (_source, _options) = (source, options);
        Clock = new SimulationClock(this);
        Network = new SimulatedNetwork(this);
        Cluster = new SimulatedCluster(this);
        Effects = new SimulatedEffects(this);
        Requests = new SimulatedRequests(this);
        Application = new ApplicationActions(this);
        Actions = new WorldActions(this);
        Settings = new TopologySettings
        {
            ContactPoints = [Names.Endpoint(0), Names.Endpoint(1)],
            Connections = ConnectionSettings.Default with { Time = Clock },
            StopsAtFaults = true,
            RandomSeed = 5,
            LogCapacity = 16,
            Defences = options.Defences,
            ReadsSchema = options.ReadsSchema,
        };
        Part = WorldPart.Of(this, options.World);
        Settings = Part?.Configure(Settings) ?? Settings;
        if (options.Records)
        {
            Recording = new SimulationRecording();
            Settings = Settings with { Recorder = Recording.Steps };
        }

        Topology = new ClusterTopology(Settings, _ => Effects);
        ClusterSettings = new ClusterSettings
        {
            ContactPoints = Settings.ContactPoints,
            Options = Options,
            Connections = Settings.Connections,
            Timestamps = new MonotonicTimestampGenerator(Clock),
        };
        Posting = new SimulatedPosting(work => Add(new PostedItem(work)), TimeSpan.FromSeconds(1), !options.Defences.Against(Race.StreamReturn));
        _invariants = new InvariantSet(this);
        _lateInputs = new LateInputsChangeNothing(this);
    }

    public TopologySettings Settings { get; }

    public ClusterTopology Topology { get; }

    public ClusterSettings ClusterSettings { get; }

    public SimulatedPosting Posting { get; }

    public SimulationClock Clock { get; }

    public SimulatedCluster Cluster { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedEffects Effects { get; }

    public SimulatedRequests Requests { get; }

    public ApplicationActions Application { get; }

    public WorldActions Actions { get; }

    /// <summary>What there is besides nodes; null: nothing.</summary>
    public WorldPart? Part { get; }

    /// <summary>What is written down of the run; null: nothing.</summary>
    public SimulationRecording? Recording { get; }

    public List<WorldItem> Items { get; } = [];

    public TimeSpan Now => Clock.Now;

    public Metadata Metadata => Topology.Current;

    public ControlState State => Topology.Loop.State;

    /// <summary>Sessions that are attached and have not ended.</summary>
    public List<SimulatedSession> Sessions { get; } = [];

    /// <summary>The loop takes nothing any more.</summary>
    public bool HasEnded { get; private set; }

    public int StepCount { get; private set; }

    /// <summary>Inputs taken by the loop.</summary>
    public int LoopSteps { get; private set; }

    /// <summary>Of everything that happened, in order: two runs of one schedule must agree.</summary>
    public ulong Hash { get; private set; } = 14_695_981_039_346_656_037;

    public IReadOnlyList<byte> Answers => _answers;

    /// <summary>Where the answers of each step begin, so that a whole step can be taken out.</summary>
    public List<int> StepStarts { get; } = [];

    public int Choose(ChoicePoint point, int n)
    {
        if (n <= 1 || _isBenign)
        {
            return 0;
        }

        var answer = _source.Choose(point, n);
        _answers.Add((byte)answer);
        _options.Coverage?.Count(point, answer);
        return answer;
    }

    public void Add(WorldItem item) => Items.Add(item);

    public void Remove(WorldItem item) => Items.Remove(item);

    public void Begin()
    {
        Cluster.Begin(2 + Choose(ChoicePoint.Nodes, 3), Choose(ChoicePoint.Shards, 3));
        Network.HasShardPorts = Choose(ChoicePoint.ShardPorts, 3) != 2;
        Deliver(new Started { At = Now });
        var sessions = 1 + Choose(ChoicePoint.Sessions, 2);
        for (var i = 0; i < sessions; i++)
        {
            Application.Attach();
        }

        Check();
    }

    public void Step()
    {
        StepCount++;
        StepStarts.Add(_answers.Count);
        var turn = Choose(ChoicePoint.Turn, 4);
        switch (turn)
        {
            case 1:
                Advance();
                break;
            case 2 or 3 when Part is not null && Choose(ChoicePoint.PartTurn, 2) == 1:
                Part.Act();
                break;
            case 2:
                Actions.Act();
                break;
            case 3:
                Application.Act();
                break;
            default:
                RunOne();
                break;
        }

        Check();
    }

    /// <summary>Hands an input to the loop: one step of the driver.</summary>
    public void Deliver(TopologyInput input)
    {
        if (input.Brings is SimulatedConnection brought)
        {
            brought.IsTold = true;
        }

        if (HasEnded)
        {
            (input.Brings as SimulatedConnection)?.End(new CqlConnectionException("The loop has ended.", null));
            return;
        }

        LoopSteps++;
        var ticket = input.Answers;
        if (ticket is not null && !Effects.Answer(ticket))
        {
            throw new InvariantViolationException("I9", $"{ticket} is answered although nobody is owed it");
        }

        var before = Metadata.AppliedIndex;
        _lateInputs.Before(input, ticket is not null && Effects.IsRevoked(ticket));
        Part?.Before(input);
        Topology.Loop.Step(input);
        _lateInputs.After(input);
        Tell(input, before);
        Part?.After(input);
        if (ticket is not null)
        {
            _options.Coverage?.Count(ticket.Kind, Effects.OutcomeOf(ticket));
        }

        Mix((ulong)(ticket?.Id ?? 0));
        Mix((ulong)State.LastId);
        Mix((ulong)Metadata.AppliedIndex);
        ForgetEnded();
    }

    /// <summary>Faults stop: everything runs in order, and time passes, for so long.</summary>
    public void Settle(TimeSpan limit, int mostSteps)
    {
        _isBenign = true;
        var end = Now + limit;
        for (var i = 0; i < mostSteps && (Now < end || HasReady()); i++)
        {
            RunOne();
            Check();
        }
    }

    /// <summary>The application disposes everything; when nothing is owed any more, nothing may be left.</summary>
    public void End()
    {
        _isBenign = true;
        Application.DisposeAll();
        for (var i = 0; i < 5_000 && !(HasEnded && Items.Count == 0); i++)
        {
            RunOne();
            Check();
        }

        Liveness.CheckEnd(this);
    }

    public void CheckWell()
    {
        Requests.CheckDeadlines();
        Liveness.CheckWell(this);
        if (!HasEnded && !State.IsShuttingDown)
        {
            Part?.CheckWell();
        }
    }

    /// <summary>What happens, in words, for whoever asked for them.</summary>
    public void Describe(object what) => _options.Narrator?.Invoke($"{StepCount,5} {Now.TotalSeconds,9:0.000}s  {what}");

    private void Check()
    {
        _invariants.Check();
        Part?.Check();
    }

    private void Tell(TopologyInput input, long before)
    {
        if (_options.Narrator is not null)
        {
            var changes = Topology.Loop.Log.Entries.Where(entry => entry.Index > before).Select(static entry => entry.Change.ToString());
            Describe($"  ⇒ {input.GetType().Name}{(input is NodesRead read ? $" {string.Join(' ', read.Peers.Prepend(read.Local!).Select(Names.Short))}" : "")}: {string.Join(' ', changes)}");
        }
    }

    private void RunOne()
    {
        if (!HasReady())
        {
            Advance();
            return;
        }

        var item = _ready[Choose(ChoicePoint.Item, Math.Min(_ready.Count, 255))];
        Describe(item);
        item.Run(this);
    }

    private bool HasReady()
    {
        _ready.Clear();
        foreach (var item in Items)
        {
            if (item.ReadyAt <= Now && item.IsReady)
            {
                _ready.Add(item);
            }
        }

        return _ready.Count > 0;
    }

    private void Advance()
    {
        var next = TimeSpan.MaxValue;
        foreach (var item in Items)
        {
            if (item.ReadyAt > Now && item.ReadyAt < next)
            {
                next = item.ReadyAt;
            }
        }

        if (next == TimeSpan.MaxValue)
        {
            next = Now + TimeSpan.FromSeconds(1);
        }

        Clock.MoveTo(Choose(ChoicePoint.TimeLeap, 2) == 0 ? next : next + TimeSpan.FromSeconds(3));
    }

    private void ForgetEnded()
    {
        for (var i = Sessions.Count - 1; i >= 0; i--)
        {
            if (Sessions[i].Pools.State.Phase == SessionPhase.Ended)
            {
                Sessions[i].OnEnded();
                Sessions.RemoveAt(i);
            }
        }

        HasEnded |= State.IsShuttingDown && State.Tickets.IsEmpty && Sessions.Count == 0;
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1_099_511_628_211;
}
