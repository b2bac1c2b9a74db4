namespace TlsProxy.Certificates;

/// <summary>The result of scanning a certificate directory.</summary>
internal enum RefreshOutcome
{
    /// <summary>Nothing changed.</summary>
    Unchanged,

    /// <summary>A new certificate is served from now on.</summary>
    Applied,

    /// <summary>The new content is invalid; the last valid certificate is still served.</summary>
    Rejected,

    /// <summary>After a rejected content, the directory contains the served certificate again.</summary>
    Restored,
}
