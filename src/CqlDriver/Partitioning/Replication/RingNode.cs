using System.Collections.Immutable;

namespace CqlDriver.Partitioning;

/// <summary>A node as the ring sees it.</summary>
/// <param name="HostId">Who it is.</param>
/// <param name="Datacenter">Its datacenter.</param>
/// <param name="Rack">Its rack.</param>
/// <param name="Tokens">Its tokens, ascending.</param>
internal sealed record RingNode(HostId HostId, string? Datacenter, string? Rack, ImmutableArray<Token> Tokens)
{
    /// <summary>By reference where tokens are concerned: what did not change is the same array.</summary>
    public bool Equals(RingNode? other) =>
        other is not null && HostId == other.HostId && Datacenter == other.Datacenter && Rack == other.Rack
        && (Tokens == other.Tokens || Tokens.AsSpan().SequenceEqual(other.Tokens.AsSpan()));

    public override int GetHashCode() => HostId.GetHashCode();
}
