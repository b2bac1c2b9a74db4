using Lab.Objects;

namespace Lab.Pods;

/// <summary>The transitions of a single container: started, exited, probe finished, hook finished, crash loop.</summary>
internal static class ContainerTransitions
{
    private const int StartErrorExitCode = 128;

    public static void OnStarted(PodTransition transition, TrackedContainer container)
    {
        if (container.State is ContainerState.Terminated terminated)
        {
            container.LastTermination = terminated;
        }

        if (container.LastTermination is not null)
        {
            container.RestartCount = container.Run - 1;
        }

        container.State = new ContainerState.Running(transition.Timestamp);
        container.Step = ContainerStep.Running;
        transition.PublishEvent("Started", container, "Container started");
        if (transition.State.Grace is { } grace)
        {
            PodTermination.BeginStop(
                transition, container, grace.EndsAt - transition.Now, waitsForOrder: container.Role == ContainerRole.Sidecar);
        }
        else if (container.Spec.Lifecycle?.PostStart is { } postStart)
        {
            container.Step = ContainerStep.PostStart;
            transition.AddAction(new PodAction.RunHook(container.Name, container.Run, HookKind.PostStart, postStart));
        }
        else
        {
            BeginProbes(transition, container);
        }
    }

    public static void OnStartFailed(PodTransition transition, TrackedContainer container, PodEvent.StartFailed failed)
    {
        transition.PublishWarning("Failed", container, failed.Message);
        if (!failed.StaysWaiting)
        {
            OnExited(transition, container, StartErrorExitCode, failed.Reason, failed.Message);
            return;
        }

        var delay = container.BackOff.GetDelay(transition.Now);
        var minimum = transition.State.Timing.FirstBackOff;
        container.Step = ContainerStep.Stopped;
        container.State = new ContainerState.Waiting(failed.Reason, failed.Message);
        container.RestartAt = transition.Now + (delay > minimum ? delay : minimum);
    }

    public static void OnExited(PodTransition transition, TrackedContainer container, int exitCode, string reason, string message)
    {
        var startedAt = container.State is ContainerState.Running running ? running.StartedAt : transition.Timestamp;
        if (container.State is ContainerState.Terminated terminated)
        {
            container.LastTermination = terminated;
            container.RestartCount = container.Run - 1;
        }

        container.Step = ContainerStep.Stopped;
        container.State = new ContainerState.Terminated(exitCode, reason, message, startedAt, transition.Timestamp);
        container.Termination = null;
        container.Started = false;
        container.Ready = container.Role == ContainerRole.Init && exitCode == 0;
        container.RemoveAllProbes();
        if (!transition.State.IsTerminating && RestartsAfter(container, exitCode))
        {
            ScheduleRestart(transition, container);
        }
    }

    public static void OnProbeFinished(PodTransition transition, TrackedContainer container, PodEvent.ProbeFinished finished)
    {
        if (container.FindProbe(finished.Kind) is not { } probe)
        {
            return;
        }

        var isCounted = probe.RecordResult(finished.Success, transition.Now);
        if (!finished.Success && isCounted)
        {
            transition.PublishWarning("Unhealthy", container, $"{finished.Kind} probe failed: {finished.Message}");
        }

        switch (finished.Kind)
        {
            case ProbeKind.Readiness when probe.Result is { } ready:
                container.Ready = ready;
                break;
            case ProbeKind.Startup when probe.Result == true && container.Termination is null:
                MarkStarted(transition, container);
                break;
            case ProbeKind.Startup or ProbeKind.Liveness when probe.Result == false && container.Termination is null:
                RestartUnhealthy(transition, container, probe);
                break;
        }
    }

    public static void OnHookFinished(PodTransition transition, TrackedContainer container, PodEvent.HookFinished finished)
    {
        switch (finished.Kind)
        {
            case HookKind.PreStop when container.Termination is { } termination:
                termination.IsHookRunning = false;
                if (!finished.Success)
                {
                    transition.PublishWarning("FailedPreStopHook", container, $"PreStopHook failed: {finished.Message}");
                }

                break;
            case HookKind.PostStart when container.Step == ContainerStep.PostStart:
                container.Step = ContainerStep.Running;
                if (container.Termination is null)
                {
                    OnPostStartFinished(transition, container, finished);
                }

                break;
        }
    }

    /// <summary>Changes the state from <c>Error</c> to <c>CrashLoopBackOff</c> after <see cref="PodTiming.ErrorShownFor"/>.</summary>
    public static void ShowCrashLoop(PodTransition transition, TrackedContainer container)
    {
        if (container.CrashLoopAt is not { } at || at > transition.Now || transition.State.IsTerminating)
        {
            return;
        }

        container.CrashLoopAt = null;
        var wait = DurationText.FormatGoDuration(container.RestartAt!.Value - at + transition.State.Timing.ErrorShownFor);
        container.LastTermination = (ContainerState.Terminated)container.State;
        container.State = new ContainerState.Waiting(
            "CrashLoopBackOff",
            $"back-off {wait} restarting failed container={container.Name} pod={transition.State.PodReference}");
        transition.PublishWarning(
            "BackOff", container, $"Back-off restarting failed container {container.Name} in pod {transition.State.PodReference}");
    }

    public static void RunDueProbes(PodTransition transition, TrackedContainer container)
    {
        foreach (var probe in container.ActiveProbes)
        {
            if (probe.TryStartProbe(transition.Now))
            {
                transition.AddAction(new PodAction.RunProbe(container.Name, container.Run, probe.Kind, probe.Probe));
            }
        }
    }

    private static bool RestartsAfter(TrackedContainer container, int exitCode) => container.RestartPolicy switch
    {
        RestartPolicies.Always => true,
        RestartPolicies.OnFailure => exitCode != 0,
        _ => false,
    };

    private static void ScheduleRestart(PodTransition transition, TrackedContainer container)
    {
        var delay = container.BackOff.GetDelay(transition.Now);
        container.RestartAt = transition.Now + delay;
        if (delay > transition.State.Timing.ErrorShownFor)
        {
            container.CrashLoopAt = transition.Now + transition.State.Timing.ErrorShownFor;
        }
    }

    private static void BeginProbes(PodTransition transition, TrackedContainer container)
    {
        if (container.Spec.StartupProbe is { } startup)
        {
            container.AddProbe(ProbeKind.Startup, startup, transition.Now);
        }
        else
        {
            MarkStarted(transition, container);
        }
    }

    /// <summary>
    /// The startup probe has passed: the next container may start, and the other two probes start. Their initial delays are measured
    /// from now.
    /// </summary>
    private static void MarkStarted(PodTransition transition, TrackedContainer container)
    {
        container.Started = container.Role != ContainerRole.Init;
        container.HasEverStarted = true;
        container.RemoveProbe(ProbeKind.Startup);
        container.AddProbe(ProbeKind.Liveness, container.Spec.LivenessProbe, transition.Now);
        container.AddProbe(ProbeKind.Readiness, container.Spec.ReadinessProbe, transition.Now);
        container.Ready = container.Role != ContainerRole.Init && container.Spec.ReadinessProbe is null;
        RunDueProbes(transition, container);
    }

    private static void RestartUnhealthy(PodTransition transition, TrackedContainer container, ProbeTracker probe)
    {
        var failed = $"{container.Name} failed {probe.Kind.ToString().ToLowerInvariant()} probe";
        transition.PublishEvent(
            "Killing",
            container,
            container.Role == ContainerRole.Main ? $"Container {failed}, will be restarted" : $"Init container {failed}");
        var grace = probe.Probe.TerminationGracePeriodSeconds is { } seconds
            ? TimeSpan.FromSeconds(seconds)
            : transition.State.GracePeriodOfSpec;
        PodTermination.BeginStop(transition, container, grace, waitsForOrder: false);
    }

    private static void OnPostStartFinished(PodTransition transition, TrackedContainer container, PodEvent.HookFinished finished)
    {
        if (finished.Success)
        {
            BeginProbes(transition, container);
            return;
        }

        transition.PublishWarning("FailedPostStartHook", container, $"PostStartHook failed: {finished.Message}");
        PodTermination.BeginStop(transition, container, transition.State.GracePeriodOfSpec, waitsForOrder: false);
    }
}
