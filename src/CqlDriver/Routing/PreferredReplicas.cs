using System.Runtime.CompilerServices;

namespace CqlDriver.Routing;

/// <summary>
/// The replicas that a request tries first, as ordinals and shards: those that are up and near, group by group as the policy
/// has them, taking turns within each; conditional statements keep the cluster's order. A leader that is known comes before
/// all where requests go to leaders. A struct in the request's plan; allocates nothing.
/// </summary>
internal struct PreferredReplicas
{
    /// <summary>The rest of a larger group comes with all other nodes.</summary>
    private const int Most = 6;

    private const int MostLookedAt = 64;
    private const int Few = 8;

    private Places _places;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    public readonly (int Ordinal, int Shard) this[int index] => (_places[index].Ordinal, _places[index].Shard);

    public void Clear() => Count = 0;

    /// <summary>Fills this anew.</summary>
    /// <param name="order">Which nodes may come first.</param>
    /// <param name="request">The replicas, and how they are asked.</param>
    /// <param name="turn">Whose turn it is.</param>
    public void Choose(PlanOrder order, in RoutingRequest request, uint turn)
    {
        var replicas = request.Replicas!.Replicas.AsSpan();
        replicas = replicas.Length <= MostLookedAt ? replicas : replicas[..MostLookedAt];
        Span<Found> found = replicas.Length <= Few ? stackalloc Found[Few] : stackalloc Found[MostLookedAt];
        var count = 0;
        foreach (ref readonly var replica in replicas)
        {
            if (order.TryPrefer(replica.HostId, out var ordinal, out var rank))
            {
                Insert(found, count++, new Found(ordinal, replica.Shard ?? ReplicaShard.OfToken, rank));
            }
        }

        found = found[..count];
        if (!request.IsConditional)
        {
            TakeTurns(found, turn);
        }

        if ((request.IsLed || request.IsConditional) && request.Replicas.Leader is { } leader && order.TryPrefer(leader, out var first, out _))
        {
            PutFirst(found, first);
        }

        Count = Math.Min(count, Most);
        for (var i = 0; i < Count; i++)
        {
            _places[i] = new Place(found[i].Ordinal, found[i].Shard);
        }
    }

    /// <summary>By rank; of equal rank in the cluster's order.</summary>
    private static void Insert(Span<Found> found, int count, Found added)
    {
        while (count > 0 && found[count - 1].Rank > added.Rank)
        {
            found[count] = found[count - 1];
            count--;
        }

        found[count] = added;
    }

    private static void TakeTurns(Span<Found> found, uint turn)
    {
        // Turns count all requests: taken as they are, statements that alternate would meet the same replica each time.
        var mixed = (turn * 2_654_435_769u) >> 16;
        while (!found.IsEmpty)
        {
            var size = 1;
            while (size < found.Length && found[size].Rank == found[0].Rank)
            {
                size++;
            }

            Rotate(found[..size], (int)(mixed % (uint)size));
            found = found[size..];
        }
    }

    private static void Rotate(Span<Found> found, int by)
    {
        if (by > 0)
        {
            found[..by].Reverse();
            found[by..].Reverse();
            found.Reverse();
        }
    }

    private static void PutFirst(Span<Found> found, int ordinal)
    {
        for (var i = 1; i < found.Length; i++)
        {
            if (found[i].Ordinal == ordinal)
            {
                var leader = found[i];
                found[..i].CopyTo(found[1..]);
                found[0] = leader;
                return;
            }
        }
    }

    private readonly record struct Found(int Ordinal, int Shard, int Rank);

    private readonly record struct Place(int Ordinal, int Shard);

    [InlineArray(Most)]
    private struct Places
    {
        private Place _first;
    }
}

/// <summary>Which shard of a node a request wants, where it is no number.</summary>
internal static class ReplicaShard
{
    /// <summary>Any.</summary>
    public const int Any = -1;

    /// <summary>The one that follows from the token.</summary>
    public const int OfToken = -2;
}
