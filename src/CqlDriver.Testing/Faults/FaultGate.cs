namespace CqlDriver.Testing;

/// <summary>Holds answers, dials or reading back until the test opens it. Opens once, for all. Thread-safe.</summary>
public sealed class FaultGate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it is open.</summary>
    public bool IsOpen => _opened.Task.IsCompleted;

    /// <summary>Lets everything pass, now and later.</summary>
    public void Open() => _opened.TrySetResult();

    internal Task WaitAsync(CancellationToken cancellationToken) => _opened.Task.WaitAsync(cancellationToken);
}
