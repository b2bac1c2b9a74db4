namespace TlsProxy.Certificates;

/// <summary>A directory does not hold a pair that can be served.</summary>
/// <param name="directory">Where.</param>
/// <param name="what">What is wrong.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="inner">The error behind it.</param>
internal sealed class CertificateRefusedException(string directory, string what, string remedy, Exception? inner = null)
    : Exception($"{directory}: {what}; {remedy}", inner)
{
    public string Directory { get; } = directory;

    public string What { get; } = what;

    public string Remedy { get; } = remedy;

    /// <summary>Time alone may mend it: the pair is not valid yet.</summary>
    public bool MayBecomeGood { get; init; }
}
