namespace CqlDriver.Execution;

/// <summary>
/// Asks for the page after one, with the values as they were encoded the first time: later changes of the caller's objects
/// change nothing here either.
/// </summary>
internal sealed class FollowingPage(RequestExecutor executor, RequestContent first, PagingState state) : NextPage(state)
{
    private readonly PagedContent _content = first.ToPaged();

    public override ValueTask<RowSet> FetchAsync(CancellationToken cancellationToken)
    {
        var request = executor.Rent();
        request.Content.SetPage(_content, State);
        return executor.Start(request, cancellationToken);
    }
}
