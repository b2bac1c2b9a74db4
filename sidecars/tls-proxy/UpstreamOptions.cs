using System.ComponentModel.DataAnnotations;

namespace TlsProxy;

/// <summary>The application behind the proxy.</summary>
public sealed class UpstreamOptions : IValidatable
{
    /// <summary>Scheme, host and port of the application. Default <c>http://127.0.0.1:8000</c>.</summary>
    [Required]
    public Uri Url { get; set; } = new("http://127.0.0.1:8000");

    /// <summary>What is spoken to it: <c>http1</c> (default) or <c>h2c</c> (HTTP/2 without TLS, which gRPC needs).</summary>
    public UpstreamProtocol Protocol { get; set; } = UpstreamProtocol.Http1;

    /// <summary>
    /// A file with a token that every request to it gets as <c>Authorization: Bearer</c>, in place of what the client sent;
    /// read again when it changes. Default: none.
    /// </summary>
    public string TokenFile { get; set; } = "";

    /// <summary>Seconds for a connection to it. Default 5.</summary>
    [Range(1, 300)]
    public int ConnectTimeoutSeconds { get; set; } = 5;

    /// <summary>Seconds without a byte in either direction until a request is given up with 504. Default 100.</summary>
    [Range(1, 86400)]
    public int TimeoutSeconds { get; set; } = 100;

    /// <summary>
    /// Seconds after it was last reachable during which a refused connection means "on its way out or back": 503 with
    /// Retry-After. After that, and if it was never reachable, 502. Default 30.
    /// </summary>
    [Range(0, 3600)]
    public int GoneAfterSeconds { get; set; } = 30;

    /// <summary>
    /// What is asked of the requests to it, in the words that a route's <c>Metadata</c> has: <c>RateLimit.Requests</c>,
    /// <c>Jwt.JwksFile</c>, <c>Retry.Attempts</c> and so on. Default: nothing.
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
            yield return new(path + "Url", Url.OriginalString, "has more than scheme, host, port and path. Leave the rest out.");
        }
    }
}
