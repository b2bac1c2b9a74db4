namespace TlsProxy.Http1Upstream;

/// <summary>The application and its timeouts.</summary>
/// <param name="Url">Scheme, host, port and base path.</param>
/// <param name="ConnectTimeout">Limit for establishing a connection.</param>
/// <param name="ActivityTimeout">Limit for the time without a byte in either direction while a request is active.</param>
internal sealed record Http1UpstreamSettings(Uri Url, TimeSpan ConnectTimeout, TimeSpan ActivityTimeout);
