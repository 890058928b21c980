using System.Collections.Immutable;
using CqlDriver.Topology;

namespace CqlDriver;

/// <summary>How a request went. Immutable.</summary>
public sealed class ExecutionInfo
{
    internal ExecutionInfo(Node coordinator) => Coordinator = coordinator;

    /// <summary>The node that answered.</summary>
    public Node Coordinator { get; }

    /// <summary>What was tried before the answer, oldest first; empty when the first attempt succeeded.</summary>
    public ImmutableArray<AttemptFailure> EarlierAttempts { get; internal init; } = [];

    /// <summary>
    /// Whether the request was meant for an endpoint that its node gave up, was not written there, and was passed on to the
    /// new one. That is no attempt of its own.
    /// </summary>
    public bool WasForwarded { get; internal init; }

    /// <summary>What the server warns of.</summary>
    public ImmutableArray<string> Warnings { get; internal init; } = [];

    /// <summary>The id of the trace, when the statement asked for one; see <see cref="CqlSession.GetTraceAsync"/>.</summary>
    public Guid? TracingId { get; internal init; }

    /// <summary>Bytes that the server's query handler added, by key; empty when there are none.</summary>
    public IReadOnlyDictionary<string, byte[]?> CustomPayload { get; internal init; } = ImmutableDictionary<string, byte[]?>.Empty;

    /// <summary>
    /// Whether all nodes agreed on the schema after a statement that changed it, within the time that the options give them.
    /// True for every other statement.
    /// </summary>
    public bool IsSchemaInAgreement { get; internal init; } = true;
}
