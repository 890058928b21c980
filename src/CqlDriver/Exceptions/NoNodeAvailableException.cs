using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>No node could answer: each one of the query plan failed, was not connected, or there was none.</summary>
public sealed class NoNodeAvailableException : RequestException
{
    private const int ShownNodes = 3;

    /// <summary>Creates the exception.</summary>
    /// <param name="attempts">Each node tried or passed over, and why.</param>
    public NoNodeAvailableException(ImmutableArray<AttemptFailure> attempts)
        : base(Describe(attempts), null, null, attempts.Any(attempt => attempt.MayHaveBeenExecuted), attempts.IsEmpty ? null : attempts[^1].Error) =>
        Nodes = attempts;

    /// <summary>Each node tried or passed over, in order, and why.</summary>
    public ImmutableArray<AttemptFailure> Nodes { get; }

    private static string Describe(ImmutableArray<AttemptFailure> attempts)
    {
        if (attempts.IsEmpty)
        {
            return "No node could answer: the query plan was empty. Check the local datacenter and that the cluster's nodes are reachable.";
        }

        var shown = string.Join("; ", attempts.Take(ShownNodes));
        var more = attempts.Length > ShownNodes ? $"; and {attempts.Length - ShownNodes} more, see {nameof(Nodes)}" : "";
        return $"No node could answer ({attempts.Length} tried): {shown}{more}.";
    }
}
