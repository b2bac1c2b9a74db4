namespace TlsProxy.Upstream;

/// <summary>The protocol between the proxy and the application.</summary>
public enum UpstreamProtocol
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2 without TLS, from the first byte ("prior knowledge").</summary>
    H2c,
}
