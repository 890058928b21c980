using CqlDriver;
using CqlDriver.Testing;
using Quickstart;

if (QuickstartOptions.TryParse(args, out var options, out var problem) is false)
{
    Console.Error.WriteLine($"{problem}\n\n{QuickstartOptions.Usage}");
    return 2;
}

if (options.WantsHelp)
{
    Console.WriteLine(QuickstartOptions.Usage);
    return 0;
}

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;   // ends by itself, with connections closed
    stopping.Cancel();
};

try
{
    // Without a cluster there is one inside this process: three nodes that speak the real protocol over loopback.
    await using var embedded = options.ContactPoints.Count == 0 ? await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Nodes = 3 }, stopping.Token) : null;
    if (embedded is not null)
    {
        Console.WriteLine("No --contact-points given: using an embedded cluster of three nodes.");
    }

    await using var session = await CqlSession.ConnectAsync(options.ForCluster(embedded?.ContactPoints.Select(node => node.ToString()) ?? options.ContactPoints), stopping.Token);
    await new Tour(session, options).RunAsync(stopping.Token);
    return 0;
}
catch (OperationCanceledException) when (stopping.IsCancellationRequested)
{
    Console.Error.WriteLine("\nStopped.");
    return 130;
}
catch (CqlException error)
{
    // The driver's messages say what happened, on which node, and what to do.
    Console.Error.WriteLine($"\n{error.Message}");
    return 1;
}
