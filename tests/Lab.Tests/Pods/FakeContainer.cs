using Lab.Pods;

namespace Lab.Tests.Pods;

/// <summary>How a container of a <see cref="SimulatedPod"/> behaves; times in seconds.</summary>
internal sealed class FakeContainer
{
    /// <summary>Of each run: after how long it ends by itself and how; null runs for ever. The last entry holds for all later runs.</summary>
    public (double After, int ExitCode)?[] Ends { get; init; } = [null];

    /// <summary>After TERM: how long it takes to end; null ignores TERM.</summary>
    public double? StopsAfter { get; init; } = 0;

    public int StopExitCode { get; init; }

    /// <summary>What a look finds, so many seconds after the run began.</summary>
    public Func<ProbeKind, double, int, bool> Probe { get; init; } = (_, _, _) => true;

    /// <summary>How long a hook takes; null never ends.</summary>
    public double? HookTakes { get; init; } = 0;

    public bool HookSucceeds { get; init; } = true;

    /// <summary>Why it cannot be started.</summary>
    public (string Reason, string Message)? CannotStart { get; init; }
}
