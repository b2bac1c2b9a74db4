namespace TlsProxy.Certificates;

/// <summary>A directory does not contain a certificate and key that can be served.</summary>
/// <param name="directory">The directory.</param>
/// <param name="reason">What is wrong.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="inner">The underlying error.</param>
internal sealed class CertificateRejectedException(string directory, string reason, string remedy, Exception? inner = null)
    : Exception($"{directory}: {reason}; {remedy}", inner)
{
    public string Directory { get; } = directory;

    public string Reason { get; } = reason;

    public string Remedy { get; } = remedy;

    /// <summary>The certificate is not valid yet, so the same content may be accepted later.</summary>
    public bool IsTemporary { get; init; }
}
