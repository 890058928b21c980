using CqlDriver.Connections;
using CqlDriver.Topology;

namespace CqlDriver.SimulationTests;

/// <summary>Effects become things that the world may do next. Keeps account of what the world owes to whom.</summary>
internal sealed class SimulatedEffects(SimulationWorld world) : IEffectRunner
{
    private readonly HashSet<long> _owed = [];
    private readonly HashSet<long> _revoked = [];

    /// <summary>How many tickets are out.</summary>
    public int Owed => _owed.Count;

    /// <summary>Drops since the last answer.</summary>
    private int DropsOfStep { get; set; }

    public void Serve(TopologyLoop loop)
    {
    }

    public void Start(TopologyEffect effect)
    {
        switch (effect)
        {
            case TicketedEffect ticketed:
                _owed.Add(ticketed.Ticket.Id);
                world.Add(ItemFor(ticketed));
                break;
            case CancelEffect cancel:
                Cancel(cancel.Cancelled);
                break;
            case CountDrop:
                DropsOfStep++;
                break;
            case AnswerWaiters answer:
                world.Application.OnAnswered(answer);
                break;
            case ProbeConnection probe:
                // The sign of life that does not come ends it, as the heartbeat does.
                world.Network.Suspect((SimulatedConnection)probe.Connection);
                break;
            case ReportNotice or ReportLag or CountIgnoredEntry:
                break;
            default:
                throw new InvalidOperationException($"The simulation does not know {effect.GetType().Name}.");
        }
    }

    public void Abandon(IPooledConnection connection) => ((SimulatedConnection)connection).End(new CqlConnectionException("Nobody took it.", null));

    public long Dropped(EffectKind kind) => 0;

    /// <summary>An answer is on its way into the loop. False: nobody is owed it.</summary>
    public bool Answer(EffectTicket ticket)
    {
        DropsOfStep = 0;
        return _owed.Remove(ticket.Id);
    }

    public bool IsRevoked(EffectTicket ticket) => _revoked.Contains(ticket.Id);

    /// <summary>After a step: how the gate took the answer.</summary>
    public GateOutcome OutcomeOf(EffectTicket ticket)
    {
        return _revoked.Remove(ticket.Id) ? GateOutcome.Revoked : DropsOfStep > 0 ? GateOutcome.Stale : GateOutcome.Admitted;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private WorldItem ItemFor(TicketedEffect effect) => world.Part?.ItemFor(effect) ?? effect switch
    {
        DialNode dial => new DialItem(dial),
        StartTimer timer => new TimerItem(timer) { ReadyAt = world.Now + timer.DueIn },
        CloseConnection close => new CloseItem(close),
        ReadNodes read => new ReadItem(read),
        ReadSchema read => new SchemaItem(read),
        SetKeyspace use => new KeyspaceItem(use),
        OpenControlConnection open => new ControlDialItem(open),
        VerifyIdentity verify => new VerifyItem(verify),
        AskIdentity ask => new AskItem(ask),
        WarmConnection warm => new WarmItem(warm),
        ResolveContactPoints resolve => new ResolveItem(resolve),
        _ => throw new InvalidOperationException($"The simulation does not know {effect.GetType().Name}."),
    };

    private void Cancel(EffectTicket ticket)
    {
        for (var i = 0; i < world.Items.Count; i++)
        {
            if (world.Items[i] is TimerItem timer && timer.Ticket.Id == ticket.Id)
            {
                world.Remove(timer);
                _owed.Remove(ticket.Id);
                return;
            }

            if (world.Items[i] is AnsweringItem item && item.Ticket.Id == ticket.Id)
            {
                item.Cancel();
                _revoked.Add(ticket.Id);
                return;
            }
        }
    }
}

/// <summary>What became of an answer at the gate.</summary>
internal enum GateOutcome
{
    Admitted,

    /// <summary>Its ticket had been taken back.</summary>
    Revoked,

    /// <summary>Its ticket was in flight, its fence did not stand any more.</summary>
    Stale,
}
