using CqlDriver.LoadBench;
using CqlDriver.LoadBench.Answerer;

try
{
    var options = LoadArguments.Parse(args);
    if (options.EndsWithInput)
    {
        Lifeline.EndWithInput();
    }

    return options.Task switch
    {
        LoadTask.Help => LoadArguments.ShowUsage(),
        LoadTask.Answer => CannedServer.Run(options),
        LoadTask.Check => await FrameCheck.RunAsync(options),
        LoadTask.Matrix => Matrix.Run(),
        LoadTask.Measure => options.NeedsChild ? ChildRun.Run(args, options) : await LoadRun.RunAsync(options),
    };
}
catch (ArgumentException problem)
{
    await Console.Error.WriteLineAsync($"{problem.Message} --help tells the rest.");
    return 2;
}
catch (Exception problem)
{
    await Console.Error.WriteLineAsync(problem is LoadFailure or CqlDriver.CqlException ? $"FAILED: {problem.Message}" : $"FAILED: {problem}");
    return 1;
}
