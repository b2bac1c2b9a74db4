using System.ComponentModel.DataAnnotations;

namespace TlsProxy.Upstream;

/// <summary>The application behind the proxy.</summary>
public sealed class UpstreamOptions : IValidatable
{
    /// <summary>Scheme, host and port of the application. Default <c>http://127.0.0.1:8000</c>.</summary>
    [Required]
    public Uri Url { get; set; } = new("http://127.0.0.1:8000");

    /// <summary>The protocol: <c>http1</c> (default) or <c>h2c</c> (HTTP/2 without TLS, which gRPC needs).</summary>
    public UpstreamProtocol Protocol { get; set; } = UpstreamProtocol.Http1;

    /// <summary>
    /// A file with a token that every request carries as <c>Authorization: Bearer</c>, replacing what the client sent. Read again when
    /// it changes. Default: none.
    /// </summary>
    public string TokenFile { get; set; } = "";

    /// <summary>Seconds for establishing a connection. Default 5.</summary>
    [Range(1, 300)]
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>Seconds without a byte in either direction after which a request fails with 504. Default 100.</summary>
    [Range(1, 86400)]
    public int TimeoutSeconds { get; set; } = 100;

    /// <summary>
    /// Seconds after the last response during which a failed connection means that the application is restarting: 503 with
    /// Retry-After. Afterwards, and when the application never responded, 502. Default 30.
    /// </summary>
    [Range(0, 3600)]
    public int GoneAfterSeconds { get; set; } = 30;

    /// <summary>
    /// The policy for all requests, with the keys of a route's <c>Metadata</c>: <c>RateLimit.Requests</c>, <c>Jwt.JwksFile</c>,
    /// <c>Retry.Attempts</c> and so on. Default: none.
    /// </summary>
    public Dictionary<string, string> Metadata { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (!Url.IsAbsoluteUri || Url.Scheme is not ("http" or "https"))
        {
            yield return new(path + "Url", Url.OriginalString, "is not an http(s) URL. Write it like http://127.0.0.1:8000.");
        }
        else if (Url.UserInfo.Length > 0 || Url.Query.Length > 0 || Url.Fragment.Length > 0)
        {
            yield return new(path + "Url", Url.OriginalString, "has more than scheme, host, port and path. Remove the rest.");
        }
    }
}
