using CqlDriver.LoadBench;
using CqlDriver.LoadBench.Answerer;

LoadOptions options;
try
{
    options = LoadOptions.Parse(args);
}
catch (ArgumentException problem)
{
    await Console.Error.WriteLineAsync($"{problem.Message}\n\n{LoadOptions.Usage}");
    return 2;
}

return options.IsAnswerer ? CannedServer.Run() : await LoadRun.RunAsync(options);
