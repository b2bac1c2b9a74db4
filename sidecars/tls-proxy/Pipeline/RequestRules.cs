using System.Buffers;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Pipeline;

/// <summary>
/// Rejects or cleans requests before they are forwarded, in addition to Kestrel's own checks: everything that two parsers could read
/// differently, and every header that only the proxy may set.
/// </summary>
internal static class RequestRules
{
    /// <summary>Headers that the application trusts, so only the proxy may set them.</summary>
    private static readonly FrozenSet<string> ProxyHeaders = FrozenSet.ToFrozenSet(
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server",
        "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Client-Cert", "X-Real-IP", "X-Client-IP",
        "True-Client-IP", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL",
        "X-Forwarded-User", "X-Request-Id", "Content-Length", "Transfer-Encoding", "Host", "Connection", "Upgrade",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>The characters of a token (RFC 9110, section 5.6.2).</summary>
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Control characters, which a value may not contain, except the tab (RFC 9110, section 5.5).</summary>
    private static readonly SearchValues<char> ControlCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, ' ').Select(code => (char)code).Where(character => character != '\t'), '\u007f']);

    /// <summary>Why the request is rejected, or null.</summary>
    public static RuleViolation? FindViolation(HttpRequest request, long bodyBytes)
    {
        if (HttpMethods.IsConnect(request.Method) && FindConnectViolation(request) is { } violation)
        {
            return violation;
        }

        if (HttpMethods.IsTrace(request.Method))
        {
            return new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "TRACE is not supported.");
        }

        if (request.ContentLength > bodyBytes && bodyBytes > 0 && !IsAllowedByRoute(request))
        {
            return new(StatusCodes.Status413PayloadTooLarge, "bad_request_body", "The request body is too large.");
        }

        if (request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            return new(StatusCodes.Status400BadRequest, "bad_target", "The request target contains an invalid character.");
        }

        return FindFramingViolation(request) ?? FindHeaderViolation(request);
    }

    /// <summary>Removes headers that the client may not set, and those for this hop only.</summary>
    public static void RemoveUntrustedHeaders(HttpRequest request)
    {
        var headers = request.Headers;
        RemoveConnectionHeaders(headers);
        RemoveUnderscoreVariants(headers);
        if (headers.Upgrade.Count > 0 && !"websocket".Equals(headers.Upgrade, StringComparison.OrdinalIgnoreCase))
        {
            // An upgrade to h2c would open a tunnel that bypasses these rules.
            headers.Remove("Upgrade");
            headers.Remove("HTTP2-Settings");
        }
    }

    private static RuleViolation? FindFramingViolation(HttpRequest request)
    {
        var encodings = request.Headers.TransferEncoding;
        if (encodings.Count == 0)
        {
            return null;
        }

        if (encodings.Count > 1 || !"chunked".Equals(encodings[0], StringComparison.OrdinalIgnoreCase))
        {
            return new(StatusCodes.Status400BadRequest, "bad_framing", "Transfer-Encoding must be chunked.");
        }

        // Kestrel uses Transfer-Encoding, as required, and moves a Content-Length of the same request to X-Content-Length.
        if (request.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"))
        {
            return new(StatusCodes.Status400BadRequest, "bad_framing", "Content-Length and Transfer-Encoding exclude each other.");
        }

        return HttpProtocol.IsHttp11(request.Protocol)
            ? null
            : new(StatusCodes.Status400BadRequest, "bad_framing", "Transfer-Encoding is allowed in HTTP/1.1 only.");
    }

    private static RuleViolation? FindHeaderViolation(HttpRequest request)
    {
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(ControlCharacters))
                {
                    return new(StatusCodes.Status400BadRequest, "bad_header", "A header value contains a control character.");
                }
            }

            // Over HTTP/2, Kestrel accepts names that would become several lines over HTTP/1.1.
            if (name.AsSpan().ContainsAnyExcept(TokenCharacters) && name[0] != ':')
            {
                return new(StatusCodes.Status400BadRequest, "bad_header", "A header name contains an invalid character.");
            }
        }

        return null;
    }

    /// <summary>Whether the route has its own body size limit that allows this body; YARP enforces that limit later.</summary>
    private static bool IsAllowedByRoute(HttpRequest request) =>
        request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.MaxRequestBodySize is { } limit
        && (limit < 0 || request.ContentLength <= limit);

    /// <summary>The extended form of CONNECT opens a WebSocket over HTTP/2 (RFC 8441); any other protocol is unknown.</summary>
    private static RuleViolation? FindConnectViolation(HttpRequest request)
    {
        var connect = request.HttpContext.Features.Get<IHttpExtendedConnectFeature>();
        if (connect is not { IsExtendedConnect: true })
        {
            return new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "CONNECT is not supported.");
        }

        return "websocket".Equals(connect.Protocol, StringComparison.OrdinalIgnoreCase)
            ? null
            : new(StatusCodes.Status501NotImplemented, "unknown_protocol", "CONNECT supports the protocol websocket only.");
    }

    /// <summary>
    /// Removes the headers named by <c>Connection</c>, which are for this hop (RFC 9110, section 7.6.1). If the value contains
    /// <c>keep-alive</c>, Kestrel shows nothing else of it, so other headers named in the same value are forwarded; that is harmless.
    /// </summary>
    private static void RemoveConnectionHeaders(IHeaderDictionary headers)
    {
        var connection = headers.Connection;
        if (connection.Count == 0
            || (connection.Count == 1
            && (connection[0] is null or "" or "keep-alive" or "close" or "Upgrade" or "upgrade" or "Keep-Alive" or "Close")))
        {
            return;
        }

        foreach (var value in connection)
        {
            foreach (var name in (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (IsRemovableByClient(name))
                {
                    headers.Remove(name);
                }
            }
        }
    }

    /// <summary>A client may not remove headers that frame, route or authenticate its request.</summary>
    private static bool IsRemovableByClient(string name) =>
        !name.Equals("upgrade", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("te", StringComparison.OrdinalIgnoreCase)
        && !ProxyHeaders.Contains(name)
        && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("Cookie", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Removes variants such as <c>X_Forwarded_For</c>: servers that convert headers to variables treat both names as equal.
    /// </summary>
    private static void RemoveUnderscoreVariants(IHeaderDictionary headers)
    {
        List<string>? variants = null;
        foreach (var (name, _) in headers)
        {
            if (name.Contains('_', StringComparison.Ordinal) && ProxyHeaders.Contains(name.Replace('_', '-')))
            {
                (variants ??= []).Add(name);
            }
        }

        variants?.ForEach(name => headers.Remove(name));
    }
}
