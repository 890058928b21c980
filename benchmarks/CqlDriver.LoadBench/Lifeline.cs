namespace CqlDriver.LoadBench;

/// <summary>Ties a child to its parent: its standard input is a pipe that closes when the parent ends, however that comes.</summary>
internal static class Lifeline
{
    private const int OrphanExitCode = 3;

    public static void EndWithInput() => new Thread(WaitForEnd) { IsBackground = true }.Start();

    private static void WaitForEnd()
    {
        while (Console.In.Read() >= 0)
        {
        }

        Environment.Exit(OrphanExitCode);
    }
}
