using System.Collections.Immutable;
using System.Net;
using CqlDriver.Connections;
using CqlDriver.Pools;
using CqlDriver.Topology;

namespace CqlDriver.Recording;

/// <summary>The parts that inputs are made of, to bytes and back.</summary>
internal static class InputParts
{
    public static void Ticket(LogWriter writer, EffectTicket ticket)
    {
        writer.Signed(ticket.Id);
        writer.Signed(ticket.Owner);
        writer.Byte((byte)ticket.Key.Kind);
        writer.Byte((byte)ticket.Key.Timer);
        writer.Optional(ticket.Key.HostId == default ? null : (HostId?)ticket.Key.HostId, static (part, hostId) => part.HostId(hostId));
        writer.Signed(ticket.Key.PoolId.Value);
        writer.Signed(ticket.Key.Slot);
        writer.Signed(ticket.Key.ConnectionId.Value);
        writer.Optional(ticket.Fence, Fence);
        writer.Signed(ticket.Handover);
        writer.Optional(ticket.Route, ClientRouteCodec.WriteRoute);
    }

    public static EffectTicket Ticket(ref LogReader reader)
    {
        var (id, owner) = (reader.Signed(), (int)reader.Signed());
        var key = new EffectKey(reader.Enum<EffectKind>())
        {
            Timer = reader.Enum<TimerPurpose>(),
            HostId = OptionalHostId(ref reader) ?? default,
            PoolId = new PoolId(reader.Signed()),
            Slot = (int)reader.Signed(),
            ConnectionId = new ConnectionId(reader.Signed()),
        };
        return new EffectTicket(id, owner, key, reader.Bool() ? Fence(ref reader) : null)
        {
            Handover = reader.Signed(),
            Route = reader.Bool() ? ClientRouteCodec.ReadRoute(ref reader) : null,
        };
    }

    public static void Fence(LogWriter writer, PoolFence fence)
    {
        writer.HostId(fence.HostId);
        writer.Signed(fence.Generation);
        writer.Signed(fence.PoolId.Value);
    }

    public static PoolFence Fence(ref LogReader reader) => new(reader.HostId(), reader.Signed(), new PoolId(reader.Signed()));

    public static HostId? OptionalHostId(ref LogReader reader) => reader.Bool() ? reader.HostId() : null;

    /// <summary>Rules tell a refused login from everything else, and quote the message.</summary>
    public static void Error(LogWriter writer, Exception error)
    {
        writer.Bool(error is CqlAuthenticationException);
        writer.Text(error.GetType().Name);
        writer.Text(error.Message);
    }

    public static Exception Error(ref LogReader reader)
    {
        var (isRefusal, type, message) = (reader.Bool(), reader.Text(), reader.Text());
        return isRefusal ? new CqlAuthenticationException(message, null) : new RecordedException(type, message);
    }

    public static Exception? OptionalError(ref LogReader reader) => reader.Bool() ? Error(ref reader) : null;

    public static void Connection(LogWriter writer, IPooledConnection connection)
    {
        writer.Signed(connection.Id.Value);
        writer.Endpoint(connection.Endpoint);
        var facts = connection.Facts;
        writer.Byte((byte)facts.Version);
        writer.Optional(facts.HostId, static (part, hostId) => part.HostId(hostId));
        writer.Bool(facts.HasResultMetadataIds);
        writer.Optional(facts.Sharding, static (part, sharding) =>
        {
            part.Signed(sharding.Shard);
            part.Signed(sharding.ShardCount);
            part.Signed(sharding.IgnoreMsb);
            part.Signed(sharding.ShardAwarePort ?? -1);
            part.Signed(sharding.ShardAwareTlsPort ?? -1);
        });
        writer.Fixed(facts.LwtMask);
        writer.Signed(facts.RateLimitErrorCode ?? 0);
        writer.Signed(facts.TabletsVersion);
    }

    public static RecordedConnection Connection(ref LogReader reader)
    {
        var (id, endpoint) = (new ConnectionId(reader.Signed()), reader.Endpoint());
        var facts = new ConnectionFacts(reader.Enum<ProtocolVersion>()) { HostId = OptionalHostId(ref reader), HasResultMetadataIds = reader.Bool(), Sharding = Sharding(ref reader), LwtMask = reader.Fixed32() };
        var limit = (int)reader.Signed();
        return new RecordedConnection(id, endpoint, facts with { RateLimitErrorCode = limit == 0 ? null : limit, TabletsVersion = (int)reader.Signed() });
    }

    public static void Row(LogWriter writer, NodeRow row)
    {
        writer.Text(row.Table);
        writer.Signed(row.Number);
        writer.OptionalGuid(row.HostId);
        writer.OptionalText(row.Address?.ToString());
        writer.OptionalText(row.PeerAddress?.ToString());
        writer.Signed(row.Port);
        writer.OptionalText(row.Datacenter);
        writer.OptionalText(row.Rack);
        writer.Tokens(row.Tokens);
        writer.Bool(row.HasTokens);
        writer.Optional(row.State, static (part, state) => part.Byte((byte)state));
        writer.OptionalText(row.ReleaseVersion);
        writer.OptionalGuid(row.SchemaVersion);
        writer.OptionalText(row.ClusterName);
        writer.OptionalText(row.Partitioner);
        writer.OptionalText(row.UnknownState);
        writer.Bool(row.IsOfNodeThatLeft);
        writer.OptionalEndpoint(row.Endpoint);
    }

    public static NodeRow Row(ref LogReader reader) => new(reader.Text(), (int)reader.Signed())
    {
        HostId = reader.OptionalGuid(),
        Address = Address(ref reader),
        PeerAddress = Address(ref reader),
        Port = (int)reader.Signed(),
        Datacenter = reader.OptionalText(),
        Rack = reader.OptionalText(),
        Tokens = reader.Tokens(),
        HasTokens = reader.Bool(),
        State = reader.Bool() ? reader.Enum<TopologyState>() : null,
        ReleaseVersion = reader.OptionalText(),
        SchemaVersion = reader.OptionalGuid(),
        ClusterName = reader.OptionalText(),
        Partitioner = reader.OptionalText(),
        UnknownState = reader.OptionalText(),
        IsOfNodeThatLeft = reader.Bool(),
        Endpoint = reader.OptionalEndpoint(),
    };

    public static NodeRow? OptionalRow(ref LogReader reader) => reader.Bool() ? Row(ref reader) : null;

    public static void Events(LogWriter writer, EventsObserved events)
    {
        writer.Signed(events.ConnectionId.Value);
        writer.List(events.Hints, static (part, hint) =>
        {
            part.Byte((byte)hint.Kind);
            part.Endpoint(hint.Endpoint);
        });
        writer.List(events.Schema, static (part, hint) =>
        {
            part.Text(hint.Change);
            part.Text(hint.Target);
            part.Text(hint.Keyspace);
            part.OptionalText(hint.Name);
        });
        writer.Bool(events.HasOverflowed);
        writer.Optional(events.Routes, static (part, routes) =>
        {
            part.List(routes.Keys, static (inner, key) =>
            {
                inner.HostId(key.HostId);
                inner.Text(key.ConnectionId);
            });
            part.OptionalText(routes.Problem);
        });
    }

    public static EventsObserved Events(ref LogReader reader) => new(
        new ConnectionId(reader.Signed()),
        reader.List(static (ref LogReader part) => new NodeHint(part.Enum<NodeHintKind>(), part.Endpoint())),
        reader.List(static (ref LogReader part) => new SchemaHint(part.Text(), part.Text(), part.Text(), part.OptionalText())),
        reader.Bool(),
        reader.Bool()
            ? new RouteHints(reader.List(static (ref LogReader part) => new ClientRouteKey(part.HostId(), part.Text())), reader.OptionalText())
            : null);

    public static void Routes(LogWriter writer, RouteReading reading)
    {
        writer.List(reading.Scope.ConnectionIds, static (part, id) => part.Text(id));
        writer.Bool(reading.Scope.HostIds is not null);
        if (reading.Scope.HostIds is { } hosts)
        {
            writer.List(hosts, static (part, hostId) => part.HostId(hostId));
        }

        writer.List(reading.Rows, static (part, row) =>
        {
            part.Signed(row.Number);
            part.OptionalText(row.ConnectionId);
            part.OptionalGuid(row.HostId);
            part.OptionalText(row.Address);
            part.Optional(row.Port, static (inner, port) => inner.Signed(port));
            part.Optional(row.TlsPort, static (inner, port) => inner.Signed(port));
        });
    }

    public static RouteReading Routes(ref LogReader reader)
    {
        var ids = reader.List(static (ref LogReader part) => part.Text());
        ImmutableArray<HostId>? hosts = reader.Bool() ? reader.List(static (ref LogReader part) => part.HostId()) : null;
        return new RouteReading(new RouteScope(ids, hosts), reader.List(static (ref LogReader part) => new RouteRow((int)part.Signed())
        {
            ConnectionId = part.OptionalText(),
            HostId = part.OptionalGuid(),
            Address = part.OptionalText(),
            Port = part.Bool() ? (int)part.Signed() : null,
            TlsPort = part.Bool() ? (int)part.Signed() : null,
        }));
    }

    public static void Entries(LogWriter writer, EntriesCommitted entries)
    {
        writer.List(entries.Entries, Entry);
        writer.Optional(entries.Head, Position);
    }

    public static EntriesCommitted Entries(ref LogReader reader) => new(
        reader.List(static (ref LogReader part) => Entry(ref part)),
        reader.Bool() ? Position(ref reader) : null);

    private static void Entry(LogWriter writer, TopologyLogEntry entry)
    {
        Position(writer, entry.Position);
        writer.Bytes(entry.Data.Span);
    }

    private static TopologyLogEntry Entry(ref LogReader reader) => new(Position(ref reader), reader.Bytes().ToArray());

    public static void Position(LogWriter writer, LogPosition position)
    {
        writer.Signed(position.Epoch);
        writer.Signed(position.Index);
    }

    public static LogPosition Position(ref LogReader reader) => new(reader.Signed(), reader.Signed());

    public static void Suggestions(LogWriter writer, SuggestionsTold told)
    {
        Ticket(writer, told.Stream);
        writer.List(told.Nodes, Row);
        writer.List(told.Entries, Entry);
        writer.Bool(told.IsRefreshSuggested);
        writer.Bool(told.IsSchemaSuggested);
        writer.List(told.Forced, static (part, forced) =>
        {
            part.HostId(forced.HostId);
            part.Optional(forced.Status, static (inner, status) => inner.Byte((byte)status));
        });
        writer.List(told.Hints, static (part, hint) =>
        {
            part.HostId(hint.HostId);
            part.Bool(hint.IsUp);
        });
        writer.List(told.Reads, static (part, hostId) => part.HostId(hostId));
    }

    public static SuggestionsTold Suggestions(ref LogReader reader) => new(Ticket(ref reader))
    {
        Nodes = reader.List(static (ref LogReader part) => Row(ref part)),
        Entries = reader.List(static (ref LogReader part) => Entry(ref part)),
        IsRefreshSuggested = reader.Bool(),
        IsSchemaSuggested = reader.Bool(),
        Forced = reader.List(static (ref LogReader part) => (part.HostId(), part.Bool() ? (NodeStatus?)part.Enum<NodeStatus>() : null)),
        Hints = reader.List(static (ref LogReader part) => (part.HostId(), part.Bool())),
        Reads = reader.List(static (ref LogReader part) => part.HostId()),
    };

    /// <summary>Policies are not written down: what they said is.</summary>
    public static void Session(LogWriter writer, SessionPools session)
    {
        var settings = session.Settings;
        writer.Signed(session.Id);
        writer.OptionalText(settings.Keyspace);
        writer.Count(settings.Policies.Length);
        writer.Count(settings.ConnectionsPerNode);
        writer.Count(settings.MaxDialsPerNode);
        writer.Bool(settings.Warmer is not null);
        writer.Time(settings.MissPause);
        writer.Time(settings.DrainLimit);
        writer.Time(settings.UsableLimit);
    }

    public static SessionPools Session(ref LogReader reader, ReplaySessions sessions)
    {
        var id = (int)reader.Signed();
        var (keyspace, policies) = (reader.OptionalText(), reader.Number(max: 1_024));
        return sessions.Create(id, new SessionPoolSettings
        {
            Keyspace = keyspace,
            Policies = [.. Enumerable.Repeat(ReplayedPolicy.Instance, policies)],
            ConnectionsPerNode = reader.Number(),
            MaxDialsPerNode = reader.Number(),
            Warmer = reader.Bool() ? ReplayedWarmer.Instance : null,
            MissPause = reader.Time(),
            DrainLimit = reader.Time(),
            UsableLimit = reader.Time(),
        });
    }

    private static IPAddress? Address(ref LogReader reader) =>
        reader.OptionalText() is not { } text ? null
        : IPAddress.TryParse(text, out var address) ? address
        : throw new UndecodableEntryException($"'{text}' is no address");

    private static ShardingFacts? Sharding(ref LogReader reader)
    {
        if (!reader.Bool())
        {
            return null;
        }

        var (shard, count, ignored, port, tlsPort) = ((int)reader.Signed(), (int)reader.Signed(), (int)reader.Signed(), (int)reader.Signed(), (int)reader.Signed());
        return new ShardingFacts(shard, count, ignored, port < 0 ? null : port, tlsPort < 0 ? null : tlsPort);
    }
}
