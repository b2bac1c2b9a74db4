using System.Buffers;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace TlsProxy.Requests;

/// <summary>
/// What is refused or taken out before a request goes on, beyond what Kestrel refuses itself: whatever two parsers
/// might read in two ways, and whatever only the proxy may say.
/// </summary>
internal static class RequestRules
{
    /// <summary>Headers that the application may believe, so that only the proxy may set them.</summary>
    private static readonly FrozenSet<string> OursAlone = FrozenSet.ToFrozenSet(
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server",
        "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Client-Cert", "X-Real-IP", "X-Client-IP",
        "True-Client-IP", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-User", "X-Request-Id", "Content-Length",
        "Transfer-Encoding", "Host", "Connection", "Upgrade",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>A token of RFC 9110, section 5.6.2.</summary>
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Why the request is refused, or null.</summary>
    public static Refusal? Refuse(HttpRequest request, long bodyBytes)
    {
        if (HttpMethods.IsConnect(request.Method) && !IsExtendedConnect(request))
        {
            return new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "CONNECT is not served here.");
        }

        if (HttpMethods.IsTrace(request.Method))
        {
            return new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed", "TRACE is not served here.");
        }

        if (request.ContentLength > bodyBytes && bodyBytes > 0 && !RouteTakes(request))
        {
            return new(StatusCodes.Status413PayloadTooLarge, "bad_request_body", "The body is larger than this server takes.");
        }

        if (request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            return new(StatusCodes.Status400BadRequest, "bad_target", "The target has a character that no target may have.");
        }

        var encodings = request.Headers.TransferEncoding;
        if (encodings.Count > 0)
        {
            if (encodings.Count > 1 || !"chunked".Equals(encodings[0], StringComparison.OrdinalIgnoreCase))
            {
                return new(StatusCodes.Status400BadRequest, "bad_framing", "Transfer-Encoding may only be chunked.");
            }

            // Kestrel goes by Transfer-Encoding, as it should, and moves a Content-Length beside it out of the way to here.
            if (request.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"))
            {
                return new(StatusCodes.Status400BadRequest, "bad_framing", "Content-Length and Transfer-Encoding exclude each other.");
            }

            if (!HttpProtocol.IsHttp11(request.Protocol))
            {
                return new(StatusCodes.Status400BadRequest, "bad_framing", "Only HTTP/1.1 has a Transfer-Encoding.");
            }
        }

        foreach (var (name, _) in request.Headers)
        {
            // Over HTTP/2 Kestrel lets through names that over HTTP/1.1 would be several lines.
            if (name.AsSpan().ContainsAnyExcept(TokenCharacters) && name[0] != ':')
            {
                return new(StatusCodes.Status400BadRequest, "bad_header", "The name of a header has a character that no name may have.");
            }
        }

        return null;
    }

    /// <summary>Takes out what the client may not say, and what was meant for this hop alone.</summary>
    public static void Clean(HttpRequest request)
    {
        var headers = request.Headers;
        RemoveNominated(headers);
        RemoveLookalikes(headers);
        if (headers.Upgrade.Count > 0 && !"websocket".Equals(headers.Upgrade, StringComparison.OrdinalIgnoreCase))
        {
            // An upgrade to h2c would open a tunnel that no rule here ever sees into.
            headers.Remove("Upgrade");
            headers.Remove("HTTP2-Settings");
        }
    }

    /// <summary>Whether its route has a limit of its own, which this body is not over: YARP sees to that later.</summary>
    private static bool RouteTakes(HttpRequest request) =>
        request.HttpContext.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.MaxRequestBodySize is { } limit && (limit < 0 || request.ContentLength <= limit);

    private static bool IsExtendedConnect(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    /// <summary>
    /// A header that <c>Connection</c> names is for this hop (RFC 9110, 7.6.1). Of a value with <c>keep-alive</c> in it
    /// Kestrel shows no more than that; a header that is named beside it goes on, which harms nobody.
    /// </summary>
    private static void RemoveNominated(IHeaderDictionary headers)
    {
        var connection = headers.Connection;
        if (connection.Count == 0
            || (connection.Count == 1 && (connection[0] is null or "" or "keep-alive" or "close" or "Upgrade" or "upgrade" or "Keep-Alive" or "Close")))
        {
            return;
        }

        foreach (var value in connection)
        {
            foreach (var part in (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                // Not the ones that say how the message is framed or where it goes: no client may have those removed.
                if (!part.Equals("upgrade", StringComparison.OrdinalIgnoreCase) && !part.Equals("te", StringComparison.OrdinalIgnoreCase) && !OursAlone.Contains(part)
                    && !part.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !part.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
                    && !part.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
                {
                    headers.Remove(part);
                }
            }
        }
    }

    /// <summary><c>X_Forwarded_For</c> becomes <c>X-Forwarded-For</c> in everything that makes variables out of headers.</summary>
    private static void RemoveLookalikes(IHeaderDictionary headers)
    {
        List<string>? lookalikes = null;
        foreach (var (name, _) in headers)
        {
            if (name.Contains('_', StringComparison.Ordinal) && OursAlone.Contains(name.Replace('_', '-')))
            {
                (lookalikes ??= []).Add(name);
            }
        }

        lookalikes?.ForEach(name => headers.Remove(name));
    }

    /// <summary>What the client is told.</summary>
    internal sealed record Refusal(int StatusCode, string Error, string Message);
}
