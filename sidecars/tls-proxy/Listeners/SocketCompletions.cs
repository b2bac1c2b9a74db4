using System.Globalization;

namespace TlsProxy.Listeners;

/// <summary>
/// Where code continues after waiting for a socket: on a thread of the pool, or inline on the thread that polls the sockets. Inline saves
/// each request several thread switches, but must never block, because all sockets of the thread would wait. The runtime reads the
/// setting from the environment only, once, when the process opens its first socket.
/// </summary>
internal static class SocketCompletions
{
    private const string InlineVariable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string ThreadsVariable = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>With inline completions there is one thread for each processor of the node, which may have a hundred.</summary>
    private const int MaximumThreads = 8;

    /// <summary>Whether this process runs completions inline.</summary>
    public static bool AreInline => Environment.GetEnvironmentVariable(InlineVariable) == "1";

    /// <summary>
    /// Enables inline completions, unless the environment contains the setting already. Call it before the process opens a socket.
    /// </summary>
    public static void EnableInline()
    {
        if (Environment.GetEnvironmentVariable(InlineVariable) is not null)
        {
            return;
        }

        Environment.SetEnvironmentVariable(InlineVariable, "1");
        if (Environment.GetEnvironmentVariable(ThreadsVariable) is null)
        {
            var threads = Math.Min(Environment.ProcessorCount, MaximumThreads);
            Environment.SetEnvironmentVariable(ThreadsVariable, threads.ToString(CultureInfo.InvariantCulture));
        }
    }
}
