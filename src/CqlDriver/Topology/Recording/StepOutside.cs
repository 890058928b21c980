using CqlDriver.Connections;

namespace CqlDriver.Topology;

/// <summary>
/// What rules ask while they decide, of things that are neither in the input nor in their state: a user's policies, and whether
/// a connection is still open. All of it comes through here, so that what is asked can be written down, and answered again.
/// </summary>
internal class StepOutside
{
    /// <summary>Asks, and keeps no note.</summary>
    public static StepOutside Live { get; } = new();

    /// <summary>Whether a connection that is brought is still open.</summary>
    public virtual bool IsOpen(IPooledConnection connection) => connection.IsOpen;

    /// <summary>The delay that a reconnection policy gives.</summary>
    public virtual TimeSpan Delay(Func<TimeSpan> ask) => ask();

    /// <summary>How far policies say that nodes are, a byte for each.</summary>
    public virtual byte[] Distances(Func<byte[]> ask) => ask();
}

/// <summary>Writes down what the loop takes, what rules asked of the outside about it, and what was decided. Called by the loop's thread only; must not fail and must not wait.</summary>
internal interface IStepRecorder
{
    /// <summary>Notes what is asked during a step.</summary>
    StepOutside Outside { get; }

    /// <summary>The loop that it is for is created, with these settings.</summary>
    /// <exception cref="InvalidOperationException">It is another loop's already.</exception>
    void Attach(TopologySettings settings);

    /// <summary>A step begins; follow-ups belong to it.</summary>
    /// <param name="input">What happened.</param>
    /// <param name="current">The snapshot before.</param>
    void Begin(TopologyInput input, Metadata current);

    /// <summary>Changes were put into the log.</summary>
    void Decided(IReadOnlyList<TopologyChange> changes, TimeSpan at);

    /// <summary>The step is over.</summary>
    /// <param name="hasFailed">Whether a part of it failed, and what that part would have done did not happen.</param>
    void End(bool hasFailed);
}
