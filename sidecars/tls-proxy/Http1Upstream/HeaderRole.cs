namespace TlsProxy.Http1Upstream;

/// <summary>The effect of a response header on the framing of the response.</summary>
internal enum HeaderRole
{
    /// <summary>None: the header is copied.</summary>
    Copied,

    /// <summary>Gives the length of the body.</summary>
    ContentLength,

    /// <summary>Gives the framing of the body.</summary>
    TransferEncoding,

    /// <summary>Says whether the connection stays open, and names further headers that are not forwarded.</summary>
    ConnectionOptions,

    /// <summary>Concerns this connection only and is not forwarded.</summary>
    HopByHop,
}
