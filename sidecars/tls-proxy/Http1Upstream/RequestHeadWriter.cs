using System.Buffers;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace TlsProxy.Http1Upstream;

/// <summary>Writes the request line and the headers, without those of the client's hop.</summary>
internal static class RequestHeadWriter
{
    private static readonly FrozenSet<string> NotForwarded = FrozenSet.ToFrozenSet(
        [.. HopByHopHeaders.Names, "Host", "Content-Length", "Expect"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotInTrailers = FrozenSet.ToFrozenSet(
        ["Authorization", "Cookie", "Forwarded", "Trailer", "Traceparent", "Tracestate", "True-Client-IP", "Range", "TE"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] NotInTrailerGroups =
    [
        "Content-", "If-", "X-Forwarded-", "X-Original-", "X-Real-", "X-Client-", "X-Rewrite-", "X-Request-", "X-Api-", "X-Auth-",
        "X-Envoy-", "X-Remote-", "X-SSL-", "SSL-", "Client-", "Remote-",
    ];

    /// <summary>A token without the underscore, which some servers treat like a hyphen.</summary>
    private static readonly SearchValues<char> TrailerNameCharacters =
        SearchValues.Create("!#$%&'*+-.^`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> LineBreakingCharacters = SearchValues.Create("\r\n\0");

    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="request">The client's request.</param>
    /// <param name="target">Path and query, in ASCII.</param>
    /// <param name="authority">The value of <c>Host</c> when the client sent none.</param>
    /// <param name="hasBody">Whether a body follows.</param>
    /// <exception cref="BadHttpRequestException">A header value contains a line break, a null character, or a character
    /// that is not a byte.</exception>
    public static void WriteHead(SendBuffer buffer, HttpRequest request, string target, string authority, bool hasBody)
    {
        buffer.AppendAscii(request.Method);
        buffer.AppendBytes(" "u8);
        buffer.AppendAscii(target);
        buffer.AppendBytes(" HTTP/1.1\r\nHost: "u8);
        WriteValue(buffer, request.Host.Value is { Length: > 0 } host ? host : authority);
        buffer.AppendBytes("\r\n"u8);
        foreach (var (name, values) in request.Headers)
        {
            if (!NotForwarded.Contains(name) && name[0] != ':')
            {
                WriteHeader(buffer, name, values);
            }
        }

        if (HttpProtocol.IsHttp2(request.Protocol) && HopByHopHeaders.AcceptsTrailers(request.Headers.TE))
        {
            buffer.AppendBytes("TE: trailers\r\n"u8);
        }

        WriteFraming(buffer, request, hasBody);
        buffer.AppendBytes("\r\n"u8);
    }

    /// <summary>
    /// Writes the trailers of a chunked request. Fields that frame, route or authenticate a request are not written: an application
    /// that merges trailers into the headers would trust them (RFC 9110, section 6.5.1).
    /// </summary>
    public static void WriteTrailers(SendBuffer buffer, HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IHttpRequestTrailersFeature>() is not { Available: true, Trailers: { Count: > 0 } trailers })
        {
            return;
        }

        foreach (var (name, values) in trailers)
        {
            if (IsForwardedTrailer(name))
            {
                WriteHeader(buffer, name, values);
            }
        }
    }

    private static bool IsForwardedTrailer(string name) =>
        !NotForwarded.Contains(name)
        && !NotInTrailers.Contains(name)
        && !NotInTrailerGroups.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        && !name.AsSpan().ContainsAnyExcept(TrailerNameCharacters);

    private static void WriteFraming(SendBuffer buffer, HttpRequest request, bool hasBody)
    {
        var length = request.ContentLength;
        if (hasBody && length is null)
        {
            buffer.AppendBytes("Transfer-Encoding: chunked\r\n"u8);
        }
        else if (hasBody
            || length is 0
            || HttpMethods.IsPost(request.Method)
            || HttpMethods.IsPut(request.Method)
            || HttpMethods.IsPatch(request.Method))
        {
            // Without a length, a server may wait for a body that never arrives.
            buffer.AppendBytes("Content-Length: "u8);
            buffer.AppendNumber(length ?? 0);
            buffer.AppendBytes("\r\n"u8);
        }
    }

    private static void WriteHeader(SendBuffer buffer, string name, StringValues values)
    {
        // HTTP/2 may split a cookie into several fields; HTTP/1.1 joins them with a semicolon (RFC 9113, section 8.2.3).
        if (values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase))
        {
            values = string.Join("; ", (IEnumerable<string?>)values);
        }

        for (var i = 0; i < values.Count; i++)
        {
            buffer.AppendAscii(name);
            buffer.AppendBytes(": "u8);
            WriteValue(buffer, values[i] ?? "");
            buffer.AppendBytes("\r\n"u8);
        }
    }

    private static void WriteValue(SendBuffer buffer, string value)
    {
        if (value.AsSpan().ContainsAny(LineBreakingCharacters) || value.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff'))
        {
            throw new BadHttpRequestException("A header value contains an invalid character.");
        }

        buffer.AppendLatin1(value);
    }
}
