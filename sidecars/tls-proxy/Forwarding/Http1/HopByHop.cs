using Microsoft.Extensions.Primitives;

namespace TlsProxy.Forwarding.Http1;

/// <summary>Headers that concern one connection alone (RFC 9110, section 7.6.1, and the proxies' own).</summary>
internal static class HopByHop
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "TE", "Upgrade", "HTTP2-Settings",
        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Features", "Proxy-Instruction",
        "Security-Scheme", "ALPN", "Close", "Alt-Svc",
    ];

    /// <summary>Whether a <c>TE</c> header says that its sender understands trailers.</summary>
    public static bool WantsTrailers(StringValues te)
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
