namespace CqlDriver;

/// <summary>
/// A source of topology cannot be believed any further: an entry of its log is damaged, an epoch began without a snapshot,
/// or an entry could not be applied. Nothing more of it is applied until it gives a snapshot; the last good view serves on.
/// </summary>
public sealed class TopologyFaultException : CqlException
{
    internal TopologyFaultException(string source, string reason, Exception? cause = null)
        : base($"{source} cannot be believed: {reason}. Nothing more of it is applied until it gives a snapshot; the last good view serves on.", cause) =>
        Reason = reason;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; }
}
