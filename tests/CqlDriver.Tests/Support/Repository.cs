namespace CqlDriver.Tests.Support;

/// <summary>The checkout the tests were built from: found upwards from the test assembly, since CI builds hide source paths.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Driver.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Driver.sln above {AppContext.BaseDirectory}: run the tests from within the checkout.");
    }
}
