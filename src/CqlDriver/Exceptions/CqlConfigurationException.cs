using System.Collections.Immutable;

namespace CqlDriver;

/// <summary>Options that cannot be used. Lists every problem, each with the option, its value and what it may be.</summary>
public sealed class CqlConfigurationException : CqlException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">Every problem found, at least one.</param>
    public CqlConfigurationException(ImmutableArray<string> problems)
        : base(problems.Length == 1 ? problems[0] : $"{problems.Length} options cannot be used:{Environment.NewLine}- {string.Join(Environment.NewLine + "- ", problems)}") =>
        Problems = problems;

    /// <summary>Every problem found.</summary>
    public ImmutableArray<string> Problems { get; }
}
