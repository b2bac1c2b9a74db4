using Microsoft.Extensions.Primitives;

namespace TlsProxy.Http1Upstream;

/// <summary>Headers that concern one connection only (RFC 9110, section 7.6.1, and the ones that proxies added).</summary>
internal static class HopByHopHeaders
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade", "HTTP2-Settings",
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Features", "Proxy-Instruction",
        "Security-Scheme", "ALPN", "Close", "Alt-Svc",
    ];

    /// <summary>Whether a <c>TE</c> header announces that its sender accepts trailers.</summary>
    public static bool AcceptsTrailers(StringValues te)
    {
        foreach (var value in te)
        {
            foreach (var part in (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (part.Equals("trailers", StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
