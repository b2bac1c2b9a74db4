using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Forwarding;

/// <summary>The address of a request at the application.</summary>
internal static class UpstreamTarget
{
    /// <summary>What may stand in a request target as it is: visible ASCII without what begins a fragment or is often read as a slash.</summary>
    private static readonly SearchValues<char> Harmless = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~[]|^`{}\"<>");

    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>
    /// The target as the client wrote it: decoding and encoding it again would make <c>%252F</c> out of <c>%2F</c>. One
    /// with dot segments, or anything else that two servers might read in two ways, goes on in the form that the proxy
    /// understood it in.
    /// </summary>
    public static Uri Of(HttpContext context, string prefix)
    {
        if (AsWritten(context) is not { } raw)
        {
            return RequestUtilities.MakeDestinationAddress(prefix, context.Request.Path, context.Request.QueryString);
        }

        var target = prefix.EndsWith('/') ? string.Concat(prefix.AsSpan(0, prefix.Length - 1), raw) : prefix + raw;
        return new Uri(target, AsItIs);
    }

    /// <summary>The path and query of that address, in ASCII.</summary>
    /// <param name="context">The request.</param>
    /// <param name="basePath">The application's own path, without a slash at its end.</param>
    public static string PathAndQuery(HttpContext context, string basePath) =>
        AsWritten(context) is { } raw
            ? basePath.Length == 0 ? raw : basePath + raw
            : RequestUtilities.MakeDestinationAddress("http://application" + basePath, context.Request.Path, context.Request.QueryString).PathAndQuery;

    private static string? AsWritten(HttpContext context)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return raw.Length == 0 || raw[0] != '/' || raw.AsSpan().ContainsAnyExcept(Harmless) || MayHaveDotSegment(raw) ? null : raw;
    }

    private static bool MayHaveDotSegment(string target) =>
        target.Contains("/.", StringComparison.Ordinal) || target.Contains("%2e", StringComparison.OrdinalIgnoreCase);
}
