using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Upstream;

/// <summary>The address of a request at the application.</summary>
internal static class UpstreamTarget
{
    private const string Asterisk = "*";

    /// <summary>
    /// Characters that a request target may keep: visible ASCII, without the start of a fragment and without the backslash, which some
    /// servers read as a slash.
    /// </summary>
    private static readonly SearchValues<char> SafeCharacters = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~[]|^`{}\"<>");

    private static readonly UriCreationOptions Unchanged = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>
    /// Keeps the target as the client wrote it: decoding and encoding it again would change <c>%2F</c> to <c>%252F</c>. A target with
    /// dot segments, or with anything else that two servers could read differently, is sent in the form in which the proxy parsed it.
    /// </summary>
    public static Uri BuildUri(HttpContext context, string prefix)
    {
        if (FindSafeRawTarget(context) is not { } raw)
        {
            return RequestUtilities.MakeDestinationAddress(prefix, context.Request.Path, context.Request.QueryString);
        }

        var target = prefix.EndsWith('/') ? string.Concat(prefix.AsSpan(0, prefix.Length - 1), raw) : prefix + raw;
        return new Uri(target, Unchanged);
    }

    /// <summary>The path and query of the same address, in ASCII.</summary>
    /// <param name="context">The request.</param>
    /// <param name="basePath">The application's base path, without a slash at its end.</param>
    public static string BuildPathAndQuery(HttpContext context, string basePath)
    {
        if (IsAsteriskForm(context))
        {
            return Asterisk;
        }

        if (FindSafeRawTarget(context) is { } raw)
        {
            return basePath.Length == 0 ? raw : basePath + raw;
        }

        var request = context.Request;
        return RequestUtilities.MakeDestinationAddress("http://application" + basePath, request.Path, request.QueryString).PathAndQuery;
    }

    /// <summary>
    /// Whether the request is <c>OPTIONS *</c>, which concerns the server and no path (RFC 9112, section 3.2.4). .NET's client cannot
    /// send this form, so a request that YARP forwards asks for <c>/</c>.
    /// </summary>
    private static bool IsAsteriskForm(HttpContext context) =>
        HttpMethods.IsOptions(context.Request.Method)
        && context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget == Asterisk;

    private static string? FindSafeRawTarget(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.Length == 0 || raw[0] != '/' || raw.AsSpan().ContainsAnyExcept(SafeCharacters) || MayHaveDotSegment(raw) ? null : raw;
    }

    private static bool MayHaveDotSegment(string target) =>
        target.Contains("/.", StringComparison.Ordinal) || target.Contains("%2e", StringComparison.OrdinalIgnoreCase);
}
