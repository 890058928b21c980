using System.Collections.Immutable;

namespace CqlDriver.Testing;

/// <summary>The rules of a cluster. The first one that takes a request decides. Thread-safe.</summary>
public sealed class FaultRules
{
    private ImmutableArray<FaultRule> _rules = [];

    internal FaultRules()
    {
    }

    /// <summary>The rules, in order.</summary>
    public IReadOnlyList<FaultRule> All => _rules;

    internal bool IsEmpty => _rules.IsEmpty;

    /// <summary>Adds a rule behind the others, in force from now on.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>The rule, to watch its hits.</returns>
    public FaultRule Add(FaultRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ImmutableInterlocked.Update(ref _rules, static (rules, added) => rules.Add(added), rule);
        return rule;
    }

    /// <summary>Takes a rule away; what it has begun goes on.</summary>
    /// <param name="rule">The rule.</param>
    public void Remove(FaultRule rule) => ImmutableInterlocked.Update(ref _rules, static (rules, removed) => rules.Remove(removed), rule);

    /// <summary>Takes all rules away.</summary>
    public void Clear() => ImmutableInterlocked.InterlockedExchange(ref _rules, []);

    internal FaultRule? Take(RequestRecord request)
    {
        foreach (var rule in _rules)
        {
            if (rule.TryTake(request))
            {
                return rule;
            }
        }

        return null;
    }
}
