namespace TlsProxy.Certificates;

/// <summary>Whether the proxy requests a client certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>No.</summary>
    None,

    /// <summary>Yes, and a client without a certificate is accepted. A presented certificate must be valid.</summary>
    Allow,

    /// <summary>Yes, and only clients with a valid certificate are accepted.</summary>
    Require,
}
