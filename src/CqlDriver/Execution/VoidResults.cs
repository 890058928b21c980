using CqlDriver.Topology;

namespace CqlDriver.Execution;

/// <summary>
/// The result of a plain write, one for each node, shared by all: it holds nothing but who answered, so that a write allocates
/// nothing. An array by ordinal, replaced when it must grow; a lost race makes one more object.
/// </summary>
internal sealed class VoidResults
{
    private RowSet?[] _byOrdinal = [];

    public RowSet Of(Node node)
    {
        var results = Volatile.Read(ref _byOrdinal);
        if ((uint)node.Ordinal < (uint)results.Length && results[node.Ordinal] is { } result && ReferenceEquals(result.Info.Coordinator, node))
        {
            return result;
        }

        return Add(results, node);
    }

    private RowSet Add(RowSet?[] results, Node node)
    {
        var result = new RowSet(new ExecutionInfo(node));
        if (node.Ordinal < 0)
        {
            return result;
        }

        if (node.Ordinal >= results.Length)
        {
            Array.Resize(ref results, node.Ordinal + 1);
            Volatile.Write(ref _byOrdinal, results);
        }

        Volatile.Write(ref results[node.Ordinal], result);
        return result;
    }
}
