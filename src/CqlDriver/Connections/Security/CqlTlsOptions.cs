using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace CqlDriver;

/// <summary>
/// How connections are encrypted and how nodes prove who they are. Verification is on unless it is switched off explicitly.
/// Copied when the cluster is built; later changes change nothing.
/// </summary>
public sealed class CqlTlsOptions
{
    /// <summary>The name that the node's certificate must carry. Default: the host part of the endpoint that is dialled.</summary>
    public string? TargetHost { get; set; }

    /// <summary>
    /// Whether the certificate must carry the name or address that was dialled. True by default. With false it must still
    /// come from a trusted authority: for clusters whose certificates do not list the addresses of their nodes.
    /// </summary>
    public bool VerifyHostName { get; set; } = true;

    /// <summary>Authorities to trust instead of those of the operating system. Default: null, the system's.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; set; }

    /// <summary>Certificates, with private keys, by which this client proves who it is. Default: none.</summary>
    public X509Certificate2Collection? ClientCertificates { get; set; }

    /// <summary>Whether revocation lists are asked. Default: <see cref="X509RevocationMode.NoCheck"/>, as clusters are often cut off from them.</summary>
    public X509RevocationMode RevocationMode { get; set; } = X509RevocationMode.NoCheck;

    /// <summary>TLS versions. Default: <see cref="SslProtocols.None"/>, the operating system's choice.</summary>
    public SslProtocols Protocols { get; set; } = SslProtocols.None;

    /// <summary>
    /// Decides instead of the rules above when it is set. It must be thread-safe; answering true without a look switches all
    /// verification off.
    /// </summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; set; }

    /// <summary>Which option says what name is expected, for errors.</summary>
    internal string? NameSource { get; set; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"TLS(target {TargetHost ?? "as dialled"}, verify host name {VerifyHostName}, client certificates {ClientCertificates?.Count ?? 0})";

    /// <summary>A copy that later changes do not reach.</summary>
    internal CqlTlsOptions Copy() => new()
    {
        TargetHost = TargetHost,
        VerifyHostName = VerifyHostName,
        TrustedAuthorities = TrustedAuthorities is null ? null : [.. TrustedAuthorities],
        ClientCertificates = ClientCertificates is null ? null : [.. ClientCertificates],
        RevocationMode = RevocationMode,
        Protocols = Protocols,
        CertificateValidation = CertificateValidation,
    };

    internal SslClientAuthenticationOptions ForEndpoint(NodeEndpoint endpoint)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = TargetHost ?? endpoint.Host,
            ClientCertificates = ClientCertificates,
            EnabledSslProtocols = Protocols,
            CertificateRevocationCheckMode = RevocationMode,
        };
        if (TrustedAuthorities is not null)
        {
            options.CertificateChainPolicy = ChainPolicy(TrustedAuthorities);
        }

        if (CertificateValidation is not null)
        {
            options.RemoteCertificateValidationCallback = CertificateValidation;
        }
        else if (!VerifyHostName)
        {
            options.RemoteCertificateValidationCallback = static (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;
        }

        return options;
    }

    private X509ChainPolicy ChainPolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = RevocationMode };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
