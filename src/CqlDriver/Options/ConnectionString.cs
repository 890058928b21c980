using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace CqlDriver;

/// <summary>
/// Reads <c>key=value;…</c> onto <see cref="CqlClusterOptions"/>. Keys are compared without regard to case and blanks; values
/// with semicolons are quoted. All problems are told at once.
/// </summary>
internal static class ConnectionString
{
    private static readonly ImmutableArray<Key> Keys =
    [
        new("Contact Points", (options, value) =>
        {
            foreach (var point in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                options.ContactPoints.Add(point);
            }
        }),
        new("Port", (options, value) => options.Port = Integer(value)),
        new("Local Datacenter", (options, value) => options.LocalDatacenter = value),
        new("Keyspace", (options, value) => options.Keyspace = value),
        new("Username", static (_, _) => { }),
        new("Password", static (_, _) => { }),
        new("TLS", (options, value) => options.Tls = Boolean(value) ? new CqlTlsOptions() : null),
        new("Compression", (options, value) => options.Compression = Name<CqlCompression>(value)),
        new("Protocol Version", (options, value) => options.ProtocolVersion = Version(value)),
        new("Consistency", (options, value) => options.Consistency = Name<ConsistencyLevel>(value)),
        new("Serial Consistency", (options, value) => options.SerialConsistency = Name<ConsistencyLevel>(value)),
        new("Page Size", (options, value) => options.PageSize = Integer(value)),
        new("Request Timeout", (options, value) => options.RequestTimeout = Seconds(value)),
        new("Connect Timeout", (options, value) => options.ConnectTimeout = Seconds(value)),
        new("Connections Per Node", (options, value) => options.ConnectionsPerNode = Integer(value)),
        new("Max In Flight Per Connection", (options, value) => options.MaxInFlightPerConnection = Integer(value)),
        new("Application Name", (options, value) => options.ApplicationName = value),
        new("Application Version", (options, value) => options.ApplicationVersion = value),
    ];

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Only the string form of the builder is used, none of its component model.")]
    public static CqlClusterOptions Parse(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        DbConnectionStringBuilder parsed;
        try
        {
            parsed = new DbConnectionStringBuilder { ConnectionString = text };
        }
        catch (ArgumentException error)
        {
            // The text itself is not repeated: it may hold a password.
            throw new CqlConfigurationException([$"The connection string is not of the form 'key=value;key=value': {error.Message}"]);
        }

        var options = new CqlClusterOptions();
        var problems = ImmutableArray.CreateBuilder<string>();
        string? user = null;
        string? password = null;
        foreach (string name in parsed.Keys)
        {
            var value = (string)parsed[name];
            var key = Keys.FirstOrDefault(candidate => candidate.Matches(name));
            switch (key?.Name)
            {
                case null:
                    problems.Add($"'{name}' is not an option of a connection string. There are: {string.Join(", ", Keys.Select(known => known.Name))}.");
                    break;
                case "Username":
                    user = value;
                    break;
                case "Password":
                    password = value;
                    break;
                default:
                    Set(options, key, value, problems);
                    break;
            }
        }

        if (user is null != password is null)
        {
            problems.Add("'Username' and 'Password' are given together or not at all.");
        }
        else if (user is not null)
        {
            options.Authentication = new PlainTextAuthProvider(user, password!);
        }

        return problems.Count == 0 ? options : throw new CqlConfigurationException(problems.ToImmutable());
    }

    private static void Set(CqlClusterOptions options, Key key, string value, ImmutableArray<string>.Builder problems)
    {
        try
        {
            key.Set(options, value);
        }
        catch (FormatException error)
        {
            problems.Add($"'{key.Name}' cannot be '{value}': {error.Message}");
        }
    }

    private static int Integer(string value) =>
        int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException("a whole number is expected.");

    private static bool Boolean(string value) =>
        bool.TryParse(value, out var flag) ? flag : throw new FormatException("true or false is expected.");

    private static TimeSpan Seconds(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < int.MaxValue
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException("a number of seconds, more than 0, is expected.");

    private static ProtocolVersion Version(string value) => value.TrimStart('v', 'V') switch
    {
        "4" => CqlDriver.ProtocolVersion.V4,
        "5" => CqlDriver.ProtocolVersion.V5,
        _ => throw new FormatException("4 or 5 is expected."),
    };

    private static T Name<T>(string value)
        where T : struct, Enum
    {
        var folded = Fold(value);
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (Fold(candidate.ToString()) == folded)
            {
                return candidate;
            }
        }

        throw new FormatException($"one of {string.Join(", ", Enum.GetNames<T>())} is expected.");
    }

    private static string Fold(string text) => text.Replace(" ", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private sealed record Key(string Name, Action<CqlClusterOptions, string> Set)
    {
        public bool Matches(string name) => Fold(name) == Fold(Name);
    }
}
