using Lab.Pods;

namespace Lab.Tests.Pods;

/// <summary>The behavior of a container in a <see cref="SimulatedPod"/>. All times are in seconds.</summary>
internal sealed class FakeContainer
{
    /// <summary>
    /// How each run ends by itself: after how long, and with which exit code. Null runs forever. The last entry applies to all further runs.
    /// </summary>
    public (double After, int ExitCode)?[] Ends { get; init; } = [null];

    /// <summary>How long it takes to exit after SIGTERM; null ignores SIGTERM.</summary>
    public double? StopsAfter { get; init; } = 0;

    public int StopExitCode { get; init; }

    /// <summary>The result of a probe: its kind, the age of the run, and the number of the run.</summary>
    public Func<ProbeKind, double, int, bool> Probe { get; init; } = (_, _, _) => true;

    /// <summary>How long a hook takes; null never finishes.</summary>
    public double? HookTakes { get; init; } = 0;

    public bool HookSucceeds { get; init; } = true;

    /// <summary>Why it cannot be started.</summary>
    public (string Reason, string Message)? CannotStart { get; init; }
}
