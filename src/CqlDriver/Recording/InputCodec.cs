using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>
/// Inputs of the topology's loop to bytes and back. What is written is what rules look at: of connections their number, endpoint
/// and facts, of errors their kind and message, of the schema its outline. No input holds a credential: what a connection needs to
/// be let in never reaches the loop. Version 1 of the form; the numbers never change their meaning.
/// </summary>
internal static class InputCodec
{
    private const byte FirstAnswer = 64;

    public static void Write(LogWriter writer, TopologyInput input, Metadata current)
    {
        writer.Byte(NumberOf(input));
        if (input is EffectAnswer answer)
        {
            InputParts.Ticket(writer, answer.Ticket);
            writer.Bool(answer.IsSubstitute);
        }

        switch (input)
        {
            case Started or ShutdownRequested or TicketSweepDue or ConnectionClosed or TimerFired:
                break;
            case RefreshRequested requested:
                writer.Signed(requested.Waiter);
                writer.Bool(requested.IsFirst);
                break;
            case RefreshAbandoned abandoned:
                writer.Signed(abandoned.Waiter);
                break;
            case SchemaRequested requested:
                writer.Signed(requested.Waiter);
                break;
            case NodeForced forced:
                writer.HostId(forced.HostId);
                writer.Optional(forced.Status, static (part, status) => part.Byte((byte)status));
                break;
            case SessionAttached attached:
                InputParts.Session(writer, (SessionPools)attached.Participant);
                break;
            case SessionDetached detached:
                writer.Signed(detached.Session);
                break;
            case SessionKeyspaceChanged changed:
                writer.Signed(changed.Session);
                writer.Text(changed.Keyspace);
                writer.Signed(changed.Waiter);
                break;
            case FaultOccurred fault:
                InputParts.Error(writer, fault.Error);
                writer.Bool(fault.IsOfCommittedLog);
                break;
            case EntriesCommitted entries:
                InputParts.Entries(writer, entries);
                break;
            case SchemaRead read:
                // Rules look whether it is the object that stands: what was read and had not changed is.
                writer.Bool(ReferenceEquals(read.Schema, current.Schema));
                MetadataCodec.WriteSchema(writer, read.Schema);
                break;
            default:
                WriteFindings(writer, input);
                break;
        }
    }

    /// <exception cref="UndecodableEntryException">What is there is not understood.</exception>
    public static TopologyInput Read(ref LogReader reader, ReplaySessions sessions)
    {
        var number = reader.Byte();
        if (number < FirstAnswer)
        {
            return ReadPlain(number, ref reader, sessions);
        }

        var ticket = InputParts.Ticket(ref reader);
        var isSubstitute = reader.Bool();
        var answer = ReadAnswer(number, ticket, ref reader, sessions);
        return isSubstitute ? answer.AsSubstitute() : answer;
    }

    private static byte NumberOf(TopologyInput input) => input switch
    {
        Started => 1,
        ShutdownRequested => 2,
        RefreshRequested => 3,
        RefreshAbandoned => 4,
        SchemaRequested => 5,
        NodeForced => 6,
        SessionAttached => 7,
        SessionDetached => 8,
        SessionKeyspaceChanged => 9,
        ControlLost => 10,
        EventsObserved => 11,
        ConnectionWorn => 12,
        ConnectionLost => 13,
        TicketSweepDue => 14,
        FaultOccurred => 15,
        EntriesCommitted => 16,
        SuggestionsTold => 17,
        TabletsHinted => 18,
        MisrouteTold => 19,
        ContactPointsResolved => FirstAnswer,
        ControlOpened => FirstAnswer + 1,
        ControlFailed => FirstAnswer + 2,
        NodesRead => FirstAnswer + 3,
        NodesReadFailed => FirstAnswer + 4,
        SchemaRead => FirstAnswer + 5,
        SchemaReadFailed => FirstAnswer + 6,
        NodeDialled => FirstAnswer + 7,
        NodeDialFailed => FirstAnswer + 8,
        ConnectionClosed => FirstAnswer + 9,
        KeyspaceSet => FirstAnswer + 10,
        IdentityVerified => FirstAnswer + 11,
        IdentityTold => FirstAnswer + 12,
        ConnectionWarmed => FirstAnswer + 13,
        TimerFired => FirstAnswer + 14,
        NodeRead => FirstAnswer + 15,
        MonitorEnded => FirstAnswer + 16,
        RoutesRead => FirstAnswer + 17,
        RoutesReadFailed => FirstAnswer + 18,
        RingsBuilt => FirstAnswer + 19,
        _ => throw new ArgumentException($"{input.GetType().Name} is no input that can be written down.", nameof(input)),
    };

    private static void WriteFindings(LogWriter writer, TopologyInput input)
    {
        switch (input)
        {
            case ControlLost lost:
                writer.Signed(lost.ConnectionId.Value);
                InputParts.Error(writer, lost.Error);
                break;
            case EventsObserved events:
                InputParts.Events(writer, events);
                break;
            case ConnectionWorn worn:
                writer.Signed(worn.Session);
                InputParts.Fence(writer, worn.Fence);
                writer.Signed(worn.ConnectionId.Value);
                break;
            case ConnectionLost lost:
                writer.Signed(lost.Session);
                InputParts.Fence(writer, lost.Fence);
                writer.Signed(lost.ConnectionId.Value);
                InputParts.Error(writer, lost.Error);
                break;
            case SuggestionsTold told:
                InputParts.Suggestions(writer, told);
                break;
            case ContactPointsResolved resolved:
                writer.List(resolved.Endpoints, static (part, endpoint) => part.Endpoint(endpoint));
                writer.List(resolved.Failures, static (part, failure) =>
                {
                    part.Endpoint(failure.Endpoint);
                    InputParts.Error(part, failure.Error);
                });
                break;
            case ControlOpened opened:
                InputParts.Connection(writer, opened.Connection);
                break;
            case NodeDialled dialled:
                InputParts.Connection(writer, dialled.Connection);
                break;
            case NodesRead read:
                writer.Optional(read.Local, InputParts.Row);
                writer.List(read.Peers, InputParts.Row);
                writer.Optional(read.LocalAgain, InputParts.Row);
                writer.Bool(read.IsWhole);
                writer.Optional(read.Routes, InputParts.Routes);
                break;
            case RoutesRead read:
                InputParts.Routes(writer, read.Reading);
                break;
            case RoutesReadFailed { Error: var error }:
                InputParts.Error(writer, error);
                break;
            case RingsBuilt rings:
                writer.Optional(rings.Rings, RoutingCodec.WriteRings);
                break;
            case TabletsHinted hinted:
                writer.List(hinted.Hints, RoutingCodec.WriteHint);
                break;
            case MisrouteTold told:
                RoutingCodec.WriteScope(writer, told.Scope);
                writer.Signed(told.Token.Value);
                writer.Signed(told.RoutedAt);
                writer.Optional(told.Hint, RoutingCodec.WriteHint);
                writer.Signed(told.Waiter);
                break;
            case NodeRead read:
                writer.Optional(read.Row, InputParts.Row);
                writer.Optional(read.Error, InputParts.Error);
                break;
            case ControlFailed { Error: var error }:
                InputParts.Error(writer, error);
                break;
            case NodesReadFailed { Error: var error }:
                InputParts.Error(writer, error);
                break;
            case SchemaReadFailed { Error: var error }:
                InputParts.Error(writer, error);
                break;
            case NodeDialFailed failed:
                InputParts.Error(writer, failed.Error);
                writer.Optional(failed.Answered, static (part, hostId) => part.HostId(hostId));
                writer.Bool(failed.IsKeyspaceRefused);
                break;
            case KeyspaceSet set:
                writer.Optional(set.Error, InputParts.Error);
                break;
            case IdentityVerified verified:
                writer.Optional(verified.Answered, static (part, hostId) => part.HostId(hostId));
                writer.Optional(verified.Error, InputParts.Error);
                break;
            case IdentityTold told:
                writer.Optional(told.HostId, static (part, hostId) => part.HostId(hostId));
                writer.Optional(told.Error, InputParts.Error);
                break;
            case ConnectionWarmed warmed:
                writer.Count(warmed.Left);
                writer.Optional(warmed.RoundTrip, static (part, time) => part.Time(time));
                break;
            case MonitorEnded ended:
                writer.Optional(ended.Error, InputParts.Error);
                break;
        }
    }

    private static TopologyInput ReadPlain(byte number, ref LogReader reader, ReplaySessions sessions) => number switch
    {
        1 => new Started(),
        2 => new ShutdownRequested(),
        3 => new RefreshRequested(reader.Signed(), reader.Bool()),
        4 => new RefreshAbandoned(reader.Signed()),
        5 => new SchemaRequested(reader.Signed()),
        6 => new NodeForced(reader.HostId(), reader.Bool() ? reader.Enum<NodeStatus>() : null),
        7 => new SessionAttached(InputParts.Session(ref reader, sessions)),
        8 => new SessionDetached((int)reader.Signed()),
        9 => new SessionKeyspaceChanged((int)reader.Signed(), reader.Text(), reader.Signed()),
        10 => new ControlLost(new ConnectionId(reader.Signed()), InputParts.Error(ref reader)),
        11 => InputParts.Events(ref reader),
        12 => new ConnectionWorn((int)reader.Signed(), InputParts.Fence(ref reader), new ConnectionId(reader.Signed())),
        13 => new ConnectionLost((int)reader.Signed(), InputParts.Fence(ref reader), new ConnectionId(reader.Signed()), InputParts.Error(ref reader)),
        14 => new TicketSweepDue(),
        15 => new FaultOccurred(InputParts.Error(ref reader), reader.Bool()),
        16 => InputParts.Entries(ref reader),
        17 => InputParts.Suggestions(ref reader),
        18 => new TabletsHinted(reader.List(static (ref LogReader part) => RoutingCodec.ReadHint(ref part))),
        19 => new MisrouteTold(RoutingCodec.ReadScope(ref reader), new Token(reader.Signed()), reader.Signed(), reader.Bool() ? RoutingCodec.ReadHint(ref reader) : null, reader.Signed()),
        _ => throw new UndecodableEntryException($"input {number} is not known"),
    };

    private static EffectAnswer ReadAnswer(byte number, EffectTicket ticket, ref LogReader reader, ReplaySessions sessions) => (number - FirstAnswer) switch
    {
        0 => new ContactPointsResolved(
            ticket,
            reader.List(static (ref LogReader part) => part.Endpoint()),
            reader.List(static (ref LogReader part) => new ContactFailure(part.Endpoint(), InputParts.Error(ref part)))),
        1 => new ControlOpened(ticket, InputParts.Connection(ref reader)),
        2 => new ControlFailed(ticket, InputParts.Error(ref reader)),
        3 => new NodesRead(
            ticket,
            InputParts.OptionalRow(ref reader),
            reader.List(static (ref LogReader part) => InputParts.Row(ref part)),
            InputParts.OptionalRow(ref reader))
        {
            IsWhole = reader.Bool(),
            Routes = reader.Bool() ? InputParts.Routes(ref reader) : null,
        },
        4 => new NodesReadFailed(ticket, InputParts.Error(ref reader)),
        5 => new SchemaRead(ticket, sessions.Schema(reader.Bool(), MetadataCodec.ReadSchema(ref reader))),
        6 => new SchemaReadFailed(ticket, InputParts.Error(ref reader)),
        7 => new NodeDialled(ticket, InputParts.Connection(ref reader)),
        8 => new NodeDialFailed(ticket, InputParts.Error(ref reader), InputParts.OptionalHostId(ref reader), reader.Bool()),
        9 => new ConnectionClosed(ticket),
        10 => new KeyspaceSet(ticket, InputParts.OptionalError(ref reader)),
        11 => new IdentityVerified(ticket, InputParts.OptionalHostId(ref reader), InputParts.OptionalError(ref reader)),
        12 => new IdentityTold(ticket, InputParts.OptionalHostId(ref reader), InputParts.OptionalError(ref reader)),
        13 => new ConnectionWarmed(ticket, reader.Number(), reader.Bool() ? reader.Time() : null),
        14 => new TimerFired(ticket),
        15 => new NodeRead(ticket, InputParts.OptionalRow(ref reader), InputParts.OptionalError(ref reader)),
        16 => new MonitorEnded(ticket, InputParts.OptionalError(ref reader)),
        17 => new RoutesRead(ticket, InputParts.Routes(ref reader)),
        18 => new RoutesReadFailed(ticket, InputParts.Error(ref reader)),
        19 => new RingsBuilt(ticket, reader.Bool() ? RoutingCodec.ReadRings(ref reader) : null),
        var other => throw new UndecodableEntryException($"answer {other} is not known"),
    };
}
