namespace CqlDriver.Testing.Server;

/// <summary>While a node is frozen, its loops wait here, as those of a stopped process would.</summary>
internal sealed class FreezeSwitch
{
    private TaskCompletionSource? _thawed;

    public bool IsFrozen => Volatile.Read(ref _thawed) is not null;

    public void Freeze() => Interlocked.CompareExchange(ref _thawed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    public void Thaw() => Interlocked.Exchange(ref _thawed, null)?.TrySetResult();

    public ValueTask WaitAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _thawed) is { } thawed ? new ValueTask(thawed.Task.WaitAsync(cancellationToken)) : ValueTask.CompletedTask;
}
