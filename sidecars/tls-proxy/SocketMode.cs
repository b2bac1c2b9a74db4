using TlsProxy.Forwarding;
using TlsProxy.Listeners;
using TlsProxy.Routes;

namespace TlsProxy;

/// <summary>Selects inline socket completions for configurations whose request path never blocks.</summary>
internal static class SocketMode
{
    /// <summary>Selects the mode for the process. Call it before the process opens a socket.</summary>
    public static void SelectFor(TlsProxyOptions options)
    {
        if (NeverBlocks(options))
        {
            SocketCompletions.EnableInline();
        }
    }

    /// <summary>
    /// The HTTP/1.1 upstream path never blocks. Other configurations read files (keys, tokens), validate an upstream certificate, or run
    /// YARP's pipeline.
    /// </summary>
    private static bool NeverBlocks(TlsProxyOptions options) =>
        ApplicationForwarder.SupportsHttp1Path(options.Upstream)
        && !new RouteConfiguration(options.ReverseProxy).HasRoutes
        && options.Upstream.TokenFile.Length == 0
        && options.Upstream.Metadata.Count == 0;
}
