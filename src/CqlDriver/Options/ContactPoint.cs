using System.Globalization;
using System.Net;

namespace CqlDriver;

/// <summary>Reads a contact point: an address to dial, never a node.</summary>
internal static class ContactPoint
{
    public static bool TryParse(string? text, int defaultPort, out NodeEndpoint? endpoint)
    {
        endpoint = null;
        var trimmed = text?.Trim() ?? "";
        if (!TrySplit(trimmed, out var host, out var portText) || host.Length == 0 || host.AsSpan().ContainsAny(" \t/\\"))
        {
            return false;
        }

        var port = defaultPort;
        if (portText is not null && !int.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        if (port is < 1 or > IPEndPoint.MaxPort)
        {
            return false;
        }

        endpoint = new NodeEndpoint(host, port);
        return true;
    }

    private static bool TrySplit(string text, out string host, out string? port)
    {
        port = null;
        host = text;
        if (text.StartsWith('['))
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            host = end > 0 ? text[1..end] : "";
            var rest = end > 0 ? text[(end + 1)..] : "";
            port = rest.StartsWith(':') ? rest[1..] : null;
            return rest.Length == 0 || port is not null;
        }

        var colon = text.LastIndexOf(':');
        if (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) == colon)
        {
            host = text[..colon];
            port = text[(colon + 1)..];
        }

        return true;
    }
}
