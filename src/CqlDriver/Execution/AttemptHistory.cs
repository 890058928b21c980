using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>What a request has tried. Empty in the common case, where it costs nothing.</summary>
internal struct AttemptHistory
{
    private List<AttemptFailure>? _failures;

    public readonly bool IsEmpty => _failures is null;

    public void Add(Node node, Exception error, bool mayHaveBeenExecuted) =>
        (_failures ??= []).Add(new AttemptFailure(node.HostId, node.Endpoint, error, mayHaveBeenExecuted));

    /// <summary>A node of the plan that could not be asked; the retry policy is not asked about it either.</summary>
    public void AddSkipped(Node node, string reason) => Add(node, new CqlConnectionException(reason, node.Endpoint, node.HostId), mayHaveBeenExecuted: false);

    public readonly ImmutableArray<AttemptFailure> ToImmutable() => _failures is null ? [] : [.. _failures];

    public void Clear() => _failures = null;
}
