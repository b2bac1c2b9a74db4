namespace TlsProxy;

/// <summary>Whether clients are asked for a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>They are not asked.</summary>
    None,

    /// <summary>They are asked; one that they show must be good.</summary>
    Allow,

    /// <summary>They must show a good one.</summary>
    Require,
}
