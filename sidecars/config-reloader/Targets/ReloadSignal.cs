using System.Collections.Frozen;

namespace ConfigReloader.Targets;

/// <summary>A signal that asks a process for something, by its name; the numbers are Linux' on x86-64 and arm64.</summary>
/// <param name="Name">With its prefix: <c>SIGHUP</c>.</param>
/// <param name="Number">As in <c>kill -1</c>.</param>
/// <param name="MeansEnd">Its very meaning is to end the process, so that a process without a handler gets it too.</param>
internal sealed record ReloadSignal(string Name, int Number, bool MeansEnd = false)
{
    private static readonly FrozenDictionary<string, ReloadSignal> Known = new ReloadSignal[]
    {
        new("SIGHUP", 1),
        new("SIGINT", 2, MeansEnd: true),
        new("SIGQUIT", 3, MeansEnd: true),
        new("SIGUSR1", 10),
        new("SIGUSR2", 12),
        new("SIGTERM", 15, MeansEnd: true),
        new("SIGWINCH", 28),
    }.ToFrozenDictionary(signal => signal.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The names that are known, for messages.</summary>
    public static string Names => string.Join(", ", Known.Values.OrderBy(signal => signal.Number).Select(signal => signal.Name));

    /// <summary>Bit of this signal in the masks of <c>/proc/PID/status</c>.</summary>
    public ulong Mask => 1UL << (Number - 1);

    /// <summary>Finds <c>HUP</c> or <c>SIGHUP</c>, in any case.</summary>
    public static ReloadSignal? Find(string name) =>
        Known.GetValueOrDefault(name) ?? Known.GetValueOrDefault("SIG" + name);
}
