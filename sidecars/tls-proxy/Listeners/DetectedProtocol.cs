namespace TlsProxy.Listeners;

/// <summary>The protocol of a connection, according to its first bytes.</summary>
internal enum DetectedProtocol
{
    /// <summary>Too few bytes to decide.</summary>
    Incomplete,

    /// <summary>TLS; the first record is complete.</summary>
    Tls,

    /// <summary>HTTP without TLS.</summary>
    PlainHttp,

    /// <summary>Anything else.</summary>
    Other,
}
