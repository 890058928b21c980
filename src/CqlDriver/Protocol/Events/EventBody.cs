using System.Collections.Immutable;
using System.Net;
using CqlDriver.Types;

namespace CqlDriver.Protocol;

/// <summary>Reads and writes the bodies of events and of schema changes.</summary>
internal static class EventBody
{
    public static CqlEvent Read(ref CqlReader reader)
    {
        var type = reader.ReadString();
        return type switch
        {
            EventTypes.TopologyChange => ReadTopologyChange(ref reader),
            EventTypes.StatusChange => ReadStatusChange(ref reader),
            EventTypes.SchemaChange => new SchemaChangeEvent(ReadSchemaChange(ref reader)),
            EventTypes.ClientRoutesChange => ReadClientRoutesChange(ref reader),
            _ => new UnknownEvent(type),
        };
    }

    public static SchemaChange ReadSchemaChange(ref CqlReader reader)
    {
        var change = reader.ReadString() switch
        {
            "CREATED" => SchemaChangeKind.Created,
            "UPDATED" => SchemaChangeKind.Updated,
            "DROPPED" => SchemaChangeKind.Dropped,
            _ => SchemaChangeKind.Unknown,
        };
        var target = reader.ReadString() switch
        {
            "KEYSPACE" => SchemaChangeTarget.Keyspace,
            "TABLE" => SchemaChangeTarget.Table,
            "TYPE" => SchemaChangeTarget.Type,
            "FUNCTION" => SchemaChangeTarget.Function,
            "AGGREGATE" => SchemaChangeTarget.Aggregate,
            _ => SchemaChangeTarget.Unknown,
        };
        var keyspace = reader.ReadString();
        var name = target is SchemaChangeTarget.Keyspace or SchemaChangeTarget.Unknown ? null : reader.ReadString();
        var arguments = HasArguments(target) ? reader.ReadStringList() : ImmutableArray<string>.Empty;
        return new SchemaChange(change, target, keyspace, name, arguments);
    }

    public static void Write(GrowableBuffer buffer, CqlEvent message)
    {
        switch (message)
        {
            case TopologyChangeEvent topology:
                WriteAddressEvent(buffer, EventTypes.TopologyChange, Text(topology.Change), topology.Address);
                break;
            case StatusChangeEvent status:
                WriteAddressEvent(buffer, EventTypes.StatusChange, Text(status.Change), status.Address);
                break;
            case SchemaChangeEvent schema:
                buffer.WriteString(EventTypes.SchemaChange);
                WriteSchemaChange(buffer, schema.Change);
                break;
            case ClientRoutesChangeEvent routes:
                buffer.WriteString(EventTypes.ClientRoutesChange);
                buffer.WriteString(routes.Change);
                buffer.WriteStringList(routes.ConnectionIds);
                buffer.WriteStringList(routes.HostIds);
                break;
            case UnknownEvent unknown:
                buffer.WriteString(unknown.Type);
                break;
        }
    }

    public static void WriteSchemaChange(GrowableBuffer buffer, SchemaChange change)
    {
        buffer.WriteString(Text(change.Change));
        buffer.WriteString(Text(change.Target));
        buffer.WriteString(change.Keyspace);
        if (change.Target is not (SchemaChangeTarget.Keyspace or SchemaChangeTarget.Unknown))
        {
            buffer.WriteString(change.Name ?? "");
        }

        if (HasArguments(change.Target))
        {
            buffer.WriteStringList(change.ArgumentTypes);
        }
    }

    private static bool HasArguments(SchemaChangeTarget target) => target is SchemaChangeTarget.Function or SchemaChangeTarget.Aggregate;

    private static TopologyChangeEvent ReadTopologyChange(ref CqlReader reader)
    {
        var change = reader.ReadString() switch
        {
            "NEW_NODE" => TopologyChangeKind.NewNode,
            "REMOVED_NODE" => TopologyChangeKind.RemovedNode,
            "MOVED_NODE" => TopologyChangeKind.MovedNode,
            _ => TopologyChangeKind.Unknown,
        };
        return new TopologyChangeEvent(change, reader.ReadInet());
    }

    private static StatusChangeEvent ReadStatusChange(ref CqlReader reader)
    {
        var change = reader.ReadString() switch
        {
            "UP" => StatusChangeKind.Up,
            "DOWN" => StatusChangeKind.Down,
            _ => StatusChangeKind.Unknown,
        };
        return new StatusChangeEvent(change, reader.ReadInet());
    }

    /// <summary>A body that cannot be read is an event that nobody understands: its receiver reads everything. It is no reason to end the connection.</summary>
    private static ClientRoutesChangeEvent ReadClientRoutesChange(ref CqlReader reader)
    {
        try
        {
            var change = reader.ReadString();
            var connectionIds = reader.ReadStringList();
            return new ClientRoutesChangeEvent(change, connectionIds, reader.ReadStringList());
        }
        catch (CqlProtocolException)
        {
            return ClientRoutesChangeEvent.Unreadable;
        }
    }

    private static void WriteAddressEvent(GrowableBuffer buffer, string type, string change, IPEndPoint address)
    {
        buffer.WriteString(type);
        buffer.WriteString(change);
        buffer.WriteInet(address);
    }

    private static string Text(TopologyChangeKind change) => change switch
    {
        TopologyChangeKind.Unknown => "UNKNOWN",
        TopologyChangeKind.NewNode => "NEW_NODE",
        TopologyChangeKind.RemovedNode => "REMOVED_NODE",
        TopologyChangeKind.MovedNode => "MOVED_NODE",
    };

    private static string Text(StatusChangeKind change) => change switch
    {
        StatusChangeKind.Unknown => "UNKNOWN",
        StatusChangeKind.Up => "UP",
        StatusChangeKind.Down => "DOWN",
    };

    private static string Text(SchemaChangeKind change) => change switch
    {
        SchemaChangeKind.Unknown => "UNKNOWN",
        SchemaChangeKind.Created => "CREATED",
        SchemaChangeKind.Updated => "UPDATED",
        SchemaChangeKind.Dropped => "DROPPED",
    };

    private static string Text(SchemaChangeTarget target) => target switch
    {
        SchemaChangeTarget.Unknown => "UNKNOWN",
        SchemaChangeTarget.Keyspace => "KEYSPACE",
        SchemaChangeTarget.Table => "TABLE",
        SchemaChangeTarget.Type => "TYPE",
        SchemaChangeTarget.Function => "FUNCTION",
        SchemaChangeTarget.Aggregate => "AGGREGATE",
    };
}
