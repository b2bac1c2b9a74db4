using System.Collections.Frozen;

namespace ConfigReloader.Targets;

/// <summary>A signal that a target can receive. The numbers are those of Linux on x86-64 and arm64.</summary>
/// <param name="Name">With its prefix: <c>SIGHUP</c>.</param>
/// <param name="Number">As in <c>kill -1</c>.</param>
/// <param name="IsTermination">The purpose of the signal is to terminate the process, so it is sent even if there is no handler.</param>
internal sealed record ReloadSignal(string Name, int Number, bool IsTermination = false)
{
    private static readonly FrozenDictionary<string, ReloadSignal> Supported = new ReloadSignal[]
    {
        new("SIGHUP", 1),
        new("SIGINT", 2, IsTermination: true),
        new("SIGQUIT", 3, IsTermination: true),
        new("SIGUSR1", 10),
        new("SIGUSR2", 12),
        new("SIGTERM", 15, IsTermination: true),
        new("SIGWINCH", 28),
    }.ToFrozenDictionary(signal => signal.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The supported names, for messages.</summary>
    public static string SupportedNames { get; } =
        string.Join(", ", Supported.Values.OrderBy(signal => signal.Number).Select(signal => signal.Name));

    /// <summary>Bit of this signal in the masks of <c>/proc/PID/status</c>.</summary>
    public ulong Mask => 1UL << (Number - 1);

    /// <summary>Finds <c>HUP</c> or <c>SIGHUP</c>, in upper or lower case.</summary>
    public static ReloadSignal? FindByName(string name) =>
        Supported.GetValueOrDefault(name) ?? Supported.GetValueOrDefault("SIG" + name);
}
