using CqlDriver.Connections;
using CqlDriver.Effects;
using CqlDriver.Pools;
using CqlDriver.Routing;
using CqlDriver.Schema;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>An error as it was written down.</summary>
internal sealed class RecordedException(string type, string message) : CqlException(message)
{
    /// <summary>What it was.</summary>
    public string Type { get; } = type;
}

/// <summary>What is left of a connection in a recording: who it was. Whether it was open when rules asked is in the notes of the step.</summary>
internal sealed class RecordedConnection(ConnectionId id, NodeEndpoint endpoint, ConnectionFacts facts) : IPooledConnection
{
    public ConnectionId Id { get; } = id;

    public NodeEndpoint Endpoint { get; } = endpoint;

    public ConnectionFacts Facts { get; } = facts;

    public bool IsOpen => true;

    public int InFlight => 0;

    public EnqueueResult TryEnqueue(ConnectionRequest request) => EnqueueResult.Closed;

    public void Close(Exception reason)
    {
    }

    public void NoteOrphan()
    {
    }
}

/// <summary>Makes the sessions of a recording.</summary>
internal sealed class ReplaySessions
{
    /// <summary>Sessions that nothing is done with.</summary>
    public static ReplaySessions ForDisplay { get; } = new() { Topology = new ClusterTopology(new TopologySettings { ContactPoints = [] }, static _ => new ReplayEffects()) };

    public ClusterTopology? Topology { get; set; }

    /// <summary>The object that stands, where it was that one when this was recorded.</summary>
    public SchemaMetadata Schema(bool isStanding, SchemaMetadata read) => isStanding ? Topology!.Current.Schema : read;

    public SessionPools Create(int id, SessionPoolSettings settings) => new(Topology!, settings, id);
}

/// <summary>Stands where a policy stood; what that one said is in the notes.</summary>
internal sealed class ReplayedPolicy : ILoadBalancingPolicy
{
    public static ILoadBalancingPolicy Instance { get; } = new ReplayedPolicy();

    public NodeDistance DistanceOf(Node node, Metadata snapshot) => NodeDistance.Ignored;

    public PlanTable Build(Metadata snapshot) => new([]);
}

internal sealed class ReplayedWarmer : IConnectionWarmer
{
    public static IConnectionWarmer Instance { get; } = new ReplayedWarmer();

    public Task<(int Left, TimeSpan? RoundTrip)> WarmAsync(IPooledConnection connection, CancellationToken cancellationToken) =>
        Task.FromResult((0, (TimeSpan?)null));
}

/// <summary>Starts nothing: what effects led to is in the recording.</summary>
internal sealed class ReplayEffects : IEffectRunner
{
    public void Serve(TopologyLoop loop)
    {
    }

    public void Start(TopologyEffect effect)
    {
    }

    public void Abandon(IPooledConnection connection)
    {
    }

    public long Dropped(EffectKind kind) => 0;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Answers what rules ask with what was answered when it was recorded, in the same order.</summary>
internal sealed class ReplayedOutside : StepOutside
{
    private readonly Queue<StepNote> _notes = new();

    /// <summary>Answers that nobody asked for: decisions are others than they were.</summary>
    public int Left => _notes.Count;

    /// <summary>What rules asked for that was not asked for then.</summary>
    public string? Unexpected { get; private set; }

    public void Begin(IEnumerable<StepNote> notes)
    {
        Unexpected = null;
        _notes.Clear();
        foreach (var note in notes)
        {
            _notes.Enqueue(note);
        }
    }

    public override bool IsOpen(IPooledConnection connection) => Next(StepNoteKind.IsOpen).Bytes is [1];

    public override TimeSpan Delay(Func<TimeSpan> ask) => new(BitConverter.ToInt64(Next(StepNoteKind.Delay).Bytes));

    public override byte[] Distances(Func<byte[]> ask) => Next(StepNoteKind.Distances).Bytes;

    private StepNote Next(StepNoteKind kind)
    {
        if (_notes.TryDequeue(out var note) && note.Kind == kind)
        {
            return note;
        }

        Unexpected = $"rules ask for {kind}, which they did not when this was recorded";
        throw new RecordedException(nameof(ReplayedOutside), Unexpected);
    }
}

internal enum StepNoteKind : byte
{
    IsOpen,
    Delay,
    Distances,
}

/// <summary>What rules asked, and the answer.</summary>
internal readonly record struct StepNote(StepNoteKind Kind, byte[] Bytes);
