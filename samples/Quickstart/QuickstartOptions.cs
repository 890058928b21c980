using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CqlDriver;

namespace Quickstart;

/// <summary>The command line.</summary>
internal sealed class QuickstartOptions
{
    public const string Usage = """
        Writes rows to a cluster, reads them back and shows the nodes it sees.

          --contact-points A,B   nodes to start from, each with an optional :port (default: an embedded cluster)
          --datacenter NAME      the datacenter to use first                      (default: that of the first node)
          --keyspace NAME        keyspace to create and use                       (default: quickstart)
          --rows N               rows to write                                    (default: 20000)
          --user NAME --password TEXT
          --tls                  encrypt; trust the system's authorities
          --ca FILE              encrypt; trust the authorities in this PEM file
        """;

    private readonly List<string> _contactPoints = [];

    public IReadOnlyList<string> ContactPoints => _contactPoints;

    public string? Datacenter { get; private set; }

    public string Keyspace { get; private set; } = "quickstart";

    public int Rows { get; private set; } = 20_000;

    public bool WantsHelp { get; private set; }

    private string? User { get; set; }

    private string Password { get; set; } = "";

    private bool UseTls { get; set; }

    private string? CaFile { get; set; }

    public static bool TryParse(string[] args, out QuickstartOptions options, [NotNullWhen(false)] out string? problem)
    {
        options = new QuickstartOptions();
        problem = null;
        for (var i = 0; i < args.Length && problem is null; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            if (options.TrySwitch(args[i]))
            {
                continue;
            }

            problem = value is null ? $"'{args[i]}' is unknown or needs a value." : options.Set(args[i], value);
            i++;
        }

        return problem is null;
    }

    /// <summary>How the driver is told about the cluster.</summary>
    public CqlClusterOptions ForCluster(IEnumerable<string> contactPoints)
    {
        var cluster = new CqlClusterOptions { LocalDatacenter = Datacenter, ApplicationName = "quickstart" };
        foreach (var point in contactPoints)
        {
            cluster.ContactPoints.Add(point);
        }

        if (User is not null)
        {
            cluster.Authentication = new PlainTextAuthProvider(User, Password);
        }

        if (UseTls)
        {
            cluster.Tls = new CqlTlsOptions { TrustedAuthorities = CaFile is null ? null : Authorities(CaFile) };
        }

        return cluster;
    }

    private bool TrySwitch(string name)
    {
        WantsHelp |= name is "--help" or "-h";
        UseTls |= name == "--tls";
        return name is "--help" or "-h" or "--tls";
    }

    private string? Set(string name, string value)
    {
        switch (name)
        {
            case "--contact-points":
                _contactPoints.AddRange(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
                return _contactPoints.Count > 0 ? null : "--contact-points names no node.";
            case "--datacenter":
                Datacenter = value;
                return null;
            case "--keyspace":
                Keyspace = value;
                return value.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? null : $"'{value}' is no keyspace name: letters, digits and _ only.";
            case "--rows":
                Rows = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) ? rows : 0;
                return Rows > 0 ? null : $"'{value}' is no number of rows.";
            case "--user":
                User = value;
                return null;
            case "--password":
                Password = value;
                return null;
            case "--ca":
                (UseTls, CaFile) = (true, value);
                return File.Exists(value) ? null : $"There is no file '{value}'.";
            default:
                return $"'{name}' is unknown.";
        }
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (CryptographicException error)
        {
            throw new CqlException($"'{file}' holds no PEM certificates: {error.Message}", error);
        }

        return authorities;
    }
}
