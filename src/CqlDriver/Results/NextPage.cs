namespace CqlDriver;

/// <summary>The way to the page after one: who is asked, and where it starts.</summary>
internal abstract class NextPage(PagingState state)
{
    public PagingState State { get; } = state;

    public abstract ValueTask<RowSet> FetchAsync(CancellationToken cancellationToken);
}
