namespace CqlDriver;

/// <summary>
/// All rows of all pages, one page fetched ahead. Disposing it gives up a fetch that is under way; a fetch that failed and was
/// never looked at shows its error then, once.
/// </summary>
internal sealed class PagingEnumerator : IAsyncEnumerator<Row>
{
    private readonly CancellationTokenSource _given;
    private RowSet.Enumerator _rows;
    private Task<RowSet>? _ahead;

    public PagingEnumerator(RowSet first, CancellationToken cancellationToken)
    {
        _given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Enter(first);
    }

    public Row Current => _rows.Current;

    /// <summary>The page that is fetched ahead, if there is one.</summary>
    internal Task<RowSet>? Ahead => _ahead;

    public ValueTask<bool> MoveNextAsync() => _rows.MoveNext() ? new ValueTask<bool>(true) : NextPageAsync();

    public async ValueTask DisposeAsync()
    {
        var ahead = _ahead;
        _ahead = null;
        try
        {
            if (ahead is not null)
            {
                await _given.CancelAsync().ConfigureAwait(false);
                using var unread = await ahead.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_given.IsCancellationRequested)
        {
            // The fetch that nobody waits for any more was given up.
        }
        finally
        {
            _given.Dispose();
        }
    }

    private async ValueTask<bool> NextPageAsync()
    {
        while (_ahead is { } ahead)
        {
            _ahead = null;
            Enter(await ahead.ConfigureAwait(false));
            if (_rows.MoveNext())
            {
                return true;
            }
        }

        return false;
    }

    private void Enter(RowSet page)
    {
        _rows = page.GetEnumerator();
        _ahead = page.HasMorePages ? page.FetchNextPageAsync(_given.Token).AsTask() : null;
    }
}
