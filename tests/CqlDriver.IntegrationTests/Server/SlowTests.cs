namespace CqlDriver.IntegrationTests.Server;

/// <summary>Tests that take a minute and more, most of it the server's: not part of every run.</summary>
internal static class SlowTests
{
    private const string Variable = "CQLDRIVER_SLOW_TESTS";

    public static bool AreWanted { get; } = Environment.GetEnvironmentVariable(Variable) == "1";

    /// <summary>First line of a slow test, after the one that asks for a server.</summary>
    public static void SkipUnlessWanted() =>
        Skip.IfNot(AreWanted, $"A slow test: set {Variable}=1 to run it. README.md, 'Tests against a real server', says more.");
}
