using CqlDriver.Schema;

namespace CqlDriver.Topology;

/// <summary>
/// What another schema means for what is known of ranges. Tables that are gone or other ones take it along; so does a keyspace that
/// is replicated differently, since servers never tell that there are more replicas now. Only what was told, or may still
/// be told by an answer that is under way, is dropped.
/// </summary>
internal static class SchemaRanges
{
    public static void Drop(SchemaMetadata before, Metadata now, StepDraft step)
    {
        if (!now.Schema.IsRead)
        {
            return;
        }

        if (!before.IsRead)
        {
            DropUnconfirmed(now, step);
            return;
        }

        foreach (var (name, earlier) in before.Keyspaces)
        {
            if (!now.Schema.Keyspaces.TryGetValue(name, out var keyspace))
            {
                DropAll(now.Routing, step, earlier, isGone: true);
            }
            else if (ReferenceEquals(earlier, keyspace))
            {
                continue;
            }
            else if (!IsReplicatedAlike(earlier, keyspace))
            {
                DropAll(now.Routing, step, earlier, isGone: false);
            }
            else
            {
                foreach (var scope in earlier.Tables.Keys.Concat(earlier.Views.Keys).Where(table => IdOf(earlier, table) != IdOf(keyspace, table)).Select(table => new RoutingScope(name, table)))
                {
                    if (earlier.UsesTablets == true || now.Routing.Tables.ContainsKey(scope))
                    {
                        step.Change(new RangesDropped(scope));
                    }
                }
            }
        }
    }

    /// <summary>Whether there are tables of whose namesakes before them an answer that is under way may tell.</summary>
    public static bool HasMore(SchemaMetadata before, SchemaMetadata now) =>
        now.IsRead && (!before.IsRead || now.Keyspaces.Values.Any(keyspace => keyspace.UsesTablets == true
            && (before.Keyspaces.GetValueOrDefault(keyspace.Name) is not { } earlier
                || (!ReferenceEquals(earlier, keyspace) && keyspace.Tables.Keys.Concat(keyspace.Views.Keys).Any(table => !earlier.Tables.ContainsKey(table) && !earlier.Views.ContainsKey(table))))));

    /// <summary>What answers told before the schema was read for the first time may be of a table that was there before; what a log told stands.</summary>
    private static void DropUnconfirmed(Metadata now, StepDraft step)
    {
        if (now.Source == default)
        {
            foreach (var scope in now.Routing.Tables.Where(static entry => entry.Value.Groups.Any(static group => group.Range is not null)).Select(static entry => entry.Key))
            {
                step.Change(new RangesDropped(scope) { IsGone = !now.Schema.Keyspaces.ContainsKey(scope.Keyspace) });
            }
        }
    }

    private static void DropAll(RoutingMetadata routing, StepDraft step, KeyspaceMetadata keyspace, bool isGone)
    {
        var isKnown = routing.Floors.ContainsKey(keyspace.Name) || routing.Tables.Keys.Any(scope => scope.Keyspace == keyspace.Name);
        if (isKnown || (keyspace.UsesTablets == true && !isGone))
        {
            step.Change(new RangesDropped(new RoutingScope(keyspace.Name, null)) { IsGone = isGone });
        }
    }

    private static bool IsReplicatedAlike(KeyspaceMetadata one, KeyspaceMetadata other) =>
        one.ReplicationStrategy == other.ReplicationStrategy && one.UsesTablets == other.UsesTablets && one.ReplicationOptions.SequenceEqual(other.ReplicationOptions);

    private static Guid? IdOf(KeyspaceMetadata keyspace, string table) =>
        keyspace.Tables.TryGetValue(table, out var found) ? found.Id ?? Guid.Empty : keyspace.Views.TryGetValue(table, out var view) ? view.Id ?? Guid.Empty : null;
}
