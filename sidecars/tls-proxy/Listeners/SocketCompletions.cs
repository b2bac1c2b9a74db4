using System.Globalization;
using TlsProxy.Forwarding.Http1;
using TlsProxy.Routes;

namespace TlsProxy.Listeners;

/// <summary>
/// Where that goes on which waits for a socket: on a thread of the pool, or inline, on the thread that polled the socket,
/// which spares each request several changes of threads. Inline must never block, for all sockets of the thread would wait.
/// The runtime takes the choice from the environment alone, once, as the process opens its first socket.
/// </summary>
internal static class SocketCompletions
{
    private const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string Threads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>Inline there is one thread for each of the node's processors, and a sidecar may see a hundred.</summary>
    private const int MostThreads = 8;

    /// <summary>Whether this process completes them inline.</summary>
    public static bool AreInline => Environment.GetEnvironmentVariable(Inline) == "1";

    /// <summary>Chooses for the whole process, unless the environment does. To be called before it opens a socket.</summary>
    public static void Choose(TlsProxyOptions options)
    {
        if (Environment.GetEnvironmentVariable(Inline) is not null || !NothingBlocks(options))
        {
            return;
        }

        Environment.SetEnvironmentVariable(Inline, "1");
        if (Environment.GetEnvironmentVariable(Threads) is null)
        {
            Environment.SetEnvironmentVariable(Threads, Math.Min(Environment.ProcessorCount, MostThreads).ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>
    /// Nothing does on the short way to the application. Elsewhere files are read (keys, tokens), an upstream's certificate is
    /// looked into, or stages run that are not ours.
    /// </summary>
    private static bool NothingBlocks(TlsProxyOptions options) =>
        Http1Forwarder.Reaches(options.Upstream)
        && !RouteTable.IsConfigured(options)
        && options.Upstream.TokenFile.Length == 0
        && options.Upstream.Metadata.Count == 0;
}
