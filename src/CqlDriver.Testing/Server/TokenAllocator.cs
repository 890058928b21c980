using System.Collections.Immutable;

namespace CqlDriver.Testing.Server;

/// <summary>Tokens for nodes: spread by the golden ratio, so that each node owns about the same whatever their number. Always the same ones.</summary>
internal sealed class TokenAllocator(int tokensPerNode)
{
    private const ulong GoldenRatio = 0x9E37_79B9_7F4A_7C15;
    private ulong _last = 0x0123_4567_89AB_CDEF;

    public ImmutableArray<Token> Next()
    {
        var tokens = new SortedSet<long>();
        while (tokens.Count < tokensPerNode)
        {
            _last = unchecked(_last + GoldenRatio);
            tokens.Add(unchecked((long)_last));
        }

        return [.. tokens.Select(token => new Token(token))];
    }
}
