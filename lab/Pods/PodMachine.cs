using Lab.Objects;

namespace Lab.Pods;

/// <summary>
/// The life of one Pod, as the kubelet leads it: a pure state machine. It is told what happened
/// (<see cref="Handle"/>), answers with what is to be done, and says when it wants to be asked again
/// (<see cref="Due"/>). It starts no process and waits for nothing, so every rule is tested on a fake clock.
/// Sources: KEP-753 (sidecar containers), the documentation of the Pod's life cycle, and what a 1.36 node was seen to do.
/// </summary>
internal sealed class PodMachine
{
    private static readonly TimeSpan FirstMountRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestMountRetry = TimeSpan.FromSeconds(122);

    private readonly Pod _pod;
    private readonly PodTiming _timing;
    private readonly TimeProvider _clock;
    private readonly long _origin;
    private readonly DateTimeOffset _startTime;
    private readonly List<ContainerMachine> _inits;
    private readonly List<ContainerMachine> _mains;
    private readonly List<PodAction> _actions = [];

    private bool _begun;
    private bool _mounted;
    private TimeSpan? _mountRetryAt;
    private TimeSpan _mountRetry = FirstMountRetry;

    // The init container that the ones after it wait for; never goes back, whatever happens to those it has passed.
    private int _initIndex;
    private bool _terminating;
    private TimeSpan _stopDeadline = TimeSpan.MaxValue;
    private bool _noGrace;
    private bool _initFailed;
    private TimeSpan? _deletedAt;

    public PodMachine(Pod pod, PodTiming timing, TimeProvider clock)
    {
        _pod = pod;
        _timing = timing;
        _clock = clock;
        _origin = clock.GetTimestamp();
        _startTime = clock.GetUtcNow();
        var spec = pod.Spec;
        _inits = [.. spec.InitContainers.Select(container => container.RestartPolicy == RestartPolicies.Always
            ? new ContainerMachine(container, ContainerRole.Sidecar, RestartPolicies.Always, "PodInitializing", timing)
            : new ContainerMachine(
                container,
                ContainerRole.Init,

                // An init container that succeeded is done, whatever the policy.
                (container.RestartPolicy ?? spec.RestartPolicy) == RestartPolicies.Never ? RestartPolicies.Never : RestartPolicies.OnFailure,
                "PodInitializing",
                timing))];
        var waiting = _inits.Count > 0 ? "PodInitializing" : "ContainerCreating";
        _mains = [.. spec.Containers.Select(container => new ContainerMachine(
            container,
            ContainerRole.Main,
            container.RestartPolicy ?? spec.RestartPolicy,
            waiting,
            timing))];
    }

    /// <summary>Nothing runs any more and nothing will.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>How long until <see cref="PodEvent.Tick"/> is due, if nothing happens before; null for never.</summary>
    public TimeSpan? Due
    {
        get
        {
            TimeSpan? due = null;
            foreach (var candidate in Timers())
            {
                due = due is null || candidate < due ? candidate : due;
            }

            return due is null ? null : due.Value > Now ? due.Value - Now : TimeSpan.Zero;
        }
    }

    public PodStatus Status => new(
        _pod.Metadata.Name,
        Phase(),
        _startTime,
        _deletedAt is { } deletedAt ? At(deletedAt) : null,
        _initIndex == _inits.Count,
        [.. _inits.Select(StatusOf)],
        [.. _mains.Select(StatusOf)]);

    private TimeSpan Now => _clock.GetElapsedTime(_origin);

    private IEnumerable<ContainerMachine> All => _inits.Concat(_mains);

    /// <summary>Takes in what happened and says what is to be done.</summary>
    public IReadOnlyList<PodAction> Handle(PodEvent happened)
    {
        if (!_begun)
        {
            _begun = true;
            _actions.Add(new PodAction.MountVolumes());
        }

        Apply(happened);
        Reconcile();
        PodAction[] actions = [.. _actions];
        _actions.Clear();
        return actions;
    }

    private void Apply(PodEvent happened)
    {
        switch (happened)
        {
            case PodEvent.Mounted:
                _mounted = true;
                _mountRetryAt = null;
                break;
            case PodEvent.MountFailed failed:
                Warn("FailedMount", null, failed.Message);
                _mountRetryAt = Now + _mountRetry;
                _mountRetry = Shorter(_mountRetry * 2, LongestMountRetry);
                break;
            case PodEvent.Started started when Find(started.Container, started.Run) is { } container:
                OnStarted(container);
                break;
            case PodEvent.StartFailed failed when Find(failed.Container, failed.Run) is { } container:
                OnStartFailed(container, failed);
                break;
            case PodEvent.Exited exited when Find(exited.Container, exited.Run) is { } container:
                OnExited(container, exited.ExitCode, exited.ExitCode == 0 ? "Completed" : "Error", "");
                break;
            case PodEvent.ProbeFinished probed when Find(probed.Container, probed.Run) is { } container:
                OnProbed(container, probed);
                break;
            case PodEvent.HookFinished hooked when Find(hooked.Container, hooked.Run) is { } container:
                OnHooked(container, hooked);
                break;
            case PodEvent.Delete delete:
                _deletedAt ??= Now;
                BeginTermination(delete.Grace ?? TimeSpan.FromSeconds(_pod.Spec.TerminationGracePeriodSeconds));
                break;
        }
    }

    private void Reconcile()
    {
        if (_mountRetryAt <= Now && !_terminating)
        {
            _mountRetryAt = null;
            _actions.Add(new PodAction.MountVolumes());
        }

        foreach (var container in All)
        {
            ShowCrashLoop(container);
            Look(container);
        }

        if (_mounted && !_terminating)
        {
            Advance();
        }

        // Turns pass on as soon as they are free, so once through per container settles it: last listed first.
        foreach (var container in _mains.Concat(_inits.AsEnumerable().Reverse()))
        {
            AdvanceStop(container);
        }

        if (_terminating && !All.Any(container => container.IsAlive))
        {
            IsFinished = true;
        }
    }

    /// <summary>Start what may start: init containers one after another, mains together, ended ones after their back-off.</summary>
    private void Advance()
    {
        for (; _initIndex < _inits.Count; _initIndex++)
        {
            var container = _inits[_initIndex];
            var passed = container.Role == ContainerRole.Sidecar
                ? container.HasStarted
                : container is { IsAlive: false, State: ContainerState.Terminated { ExitCode: 0 } };
            if (passed)
            {
                continue;
            }

            if (container.IsDone)
            {
                // An init container that failed and is not tried again: nothing after it will ever start.
                _initFailed = true;
                BeginTermination(TimeSpan.FromSeconds(_pod.Spec.TerminationGracePeriodSeconds));
                return;
            }

            StartIfDue(container);
            break;
        }

        foreach (var sidecar in _inits.Take(_initIndex).Where(container => container.Role == ContainerRole.Sidecar))
        {
            StartIfDue(sidecar);
        }

        if (_initIndex < _inits.Count)
        {
            return;
        }

        foreach (var container in _mains)
        {
            StartIfDue(container);
        }

        if (_mains.TrueForAll(container => container.IsDone))
        {
            // The work is done: sidecars are stopped in order, within the Pod's grace.
            BeginTermination(TimeSpan.FromSeconds(_pod.Spec.TerminationGracePeriodSeconds));
        }
    }

    private void StartIfDue(ContainerMachine container)
    {
        if (container.IsAlive || container.IsDone || container.RestartAt > Now)
        {
            return;
        }

        if (container.Run > 0)
        {
            container.BackOff.Restarted(Now);
        }

        container.Run++;
        container.RestartAt = null;
        container.CrashLoopAt = null;
        container.Current = ContainerMachine.Step.Starting;
        _actions.Add(new PodAction.Start(container.Name, container.Run));
    }

    private void OnStarted(ContainerMachine container)
    {
        if (container.State is ContainerState.Terminated terminated)
        {
            container.LastTermination = terminated;
        }

        if (container.LastTermination is not null)
        {
            container.RestartCount = container.Run - 1;
        }

        container.State = new ContainerState.Running(At(Now));
        container.Current = ContainerMachine.Step.Up;
        Tell("Started", container, "Container started");
        if (_terminating)
        {
            BeginStop(container, _stopDeadline - Now, ordered: container.Role == ContainerRole.Sidecar);
        }
        else if (container.Spec.Lifecycle?.PostStart is { } postStart)
        {
            container.Current = ContainerMachine.Step.PostStart;
            _actions.Add(new PodAction.RunHook(container.Name, container.Run, HookKind.PostStart, postStart));
        }
        else
        {
            BeginProbes(container);
        }
    }

    private void BeginProbes(ContainerMachine container)
    {
        if (container.Spec.StartupProbe is { } startup)
        {
            container.Watch(ProbeKind.Startup, startup, Now);
        }
        else
        {
            HasStarted(container);
        }
    }

    /// <summary>Past the startup probe: the next container may start, and the other two probes begin, their delays counted from here.</summary>
    private void HasStarted(ContainerMachine container)
    {
        container.Started = container.Role != ContainerRole.Init;
        container.HasStarted = true;
        container.Unwatch(ProbeKind.Startup);
        container.Watch(ProbeKind.Liveness, container.Spec.LivenessProbe, Now);
        container.Watch(ProbeKind.Readiness, container.Spec.ReadinessProbe, Now);
        container.Ready = container.Role != ContainerRole.Init && container.Spec.ReadinessProbe is null;
        Look(container);
    }

    private void OnStartFailed(ContainerMachine container, PodEvent.StartFailed failed)
    {
        Warn("Failed", container, failed.Message);
        if (!failed.StaysWaiting)
        {
            OnExited(container, 128, failed.Reason, failed.Message);
            return;
        }

        container.Current = ContainerMachine.Step.Down;
        container.State = new ContainerState.Waiting(failed.Reason, failed.Message);
        container.RestartAt = Now + Longer(container.BackOff.After(Now), _timing.FirstBackOff);
    }

    private void OnExited(ContainerMachine container, int exitCode, string reason, string message)
    {
        var startedAt = container.State is ContainerState.Running running ? running.StartedAt : At(Now);
        if (container.State is ContainerState.Terminated terminated)
        {
            container.LastTermination = terminated;
            container.RestartCount = container.Run - 1;
        }

        container.Current = ContainerMachine.Step.Down;
        container.State = new ContainerState.Terminated(exitCode, reason, message, startedAt, At(Now));
        container.Stop = null;
        container.Started = false;
        container.Ready = container.Role == ContainerRole.Init && exitCode == 0;
        container.UnwatchAll();
        var again = container.RestartPolicy == RestartPolicies.Always || (container.RestartPolicy == RestartPolicies.OnFailure && exitCode != 0);
        if (!again || _terminating)
        {
            return;
        }

        var wait = container.BackOff.After(Now);
        container.RestartAt = Now + wait;
        if (wait > _timing.CrashShown)
        {
            container.CrashLoopAt = Now + _timing.CrashShown;
        }
    }

    private void ShowCrashLoop(ContainerMachine container)
    {
        if (container.CrashLoopAt is not { } at || at > Now || _terminating)
        {
            return;
        }

        container.CrashLoopAt = null;
        var wait = Age.Go(container.RestartAt!.Value - at + _timing.CrashShown);
        container.LastTermination = (ContainerState.Terminated)container.State;
        container.State = new ContainerState.Waiting(
            "CrashLoopBackOff",
            $"back-off {wait} restarting failed container={container.Name} pod={PodReference}");
        Warn("BackOff", container, $"Back-off restarting failed container {container.Name} in pod {PodReference}");
    }

    private void Look(ContainerMachine container)
    {
        if (container.Current != ContainerMachine.Step.Up)
        {
            return;
        }

        foreach (var worker in container.Probes)
        {
            // What is going away may still tell that it takes no traffic; whether it lives is of no interest any more.
            if ((container.Stop is null || worker.Kind == ProbeKind.Readiness) && worker.BeginLook(Now))
            {
                _actions.Add(new PodAction.Look(container.Name, container.Run, worker.Kind, worker.Probe));
            }
        }
    }

    private void OnProbed(ContainerMachine container, PodEvent.ProbeFinished probed)
    {
        if (container.Probe(probed.Kind) is not { } worker)
        {
            return;
        }

        var counts = worker.EndLook(probed.Success, Now);
        if (!probed.Success && counts)
        {
            Warn("Unhealthy", container, $"{probed.Kind} probe failed: {probed.Message}");
        }

        switch (probed.Kind)
        {
            case ProbeKind.Readiness when worker.Result is { } ready:
                container.Ready = ready;
                break;
            case ProbeKind.Startup when worker.Result == true && container.Stop is null:
                HasStarted(container);
                break;
            case ProbeKind.Startup or ProbeKind.Liveness when worker.Result == false && container.Stop is null:
                var failed = $"{container.Name} failed {probed.Kind.ToString().ToLowerInvariant()} probe";
                Tell("Killing", container, container.Role == ContainerRole.Main ? $"Container {failed}, will be restarted" : $"Init container {failed}");
                BeginStop(
                    container,
                    TimeSpan.FromSeconds(worker.Probe.TerminationGracePeriodSeconds ?? _pod.Spec.TerminationGracePeriodSeconds),
                    ordered: false);
                break;
        }
    }

    private void OnHooked(ContainerMachine container, PodEvent.HookFinished hooked)
    {
        switch (hooked.Kind)
        {
            case HookKind.PreStop when container.Stop is { } stop:
                stop.HookRunning = false;
                if (!hooked.Success)
                {
                    Warn("FailedPreStopHook", container, $"PreStopHook failed: {hooked.Message}");
                }

                break;
            case HookKind.PostStart when container.Current == ContainerMachine.Step.PostStart:
                container.Current = ContainerMachine.Step.Up;
                if (hooked.Success)
                {
                    if (container.Stop is null)
                    {
                        BeginProbes(container);
                    }
                }
                else if (container.Stop is null)
                {
                    Warn("FailedPostStartHook", container, $"PostStartHook failed: {hooked.Message}");
                    BeginStop(container, TimeSpan.FromSeconds(_pod.Spec.TerminationGracePeriodSeconds), ordered: false);
                }

                break;
        }
    }

    private void BeginTermination(TimeSpan grace)
    {
        var deadline = Now + grace;
        if (_terminating && deadline >= _stopDeadline)
        {
            return;
        }

        _terminating = true;
        _stopDeadline = deadline;
        _noGrace = grace <= TimeSpan.Zero;
        foreach (var container in All)
        {
            container.RestartAt = null;
            container.CrashLoopAt = null;
            if (container.Stop is not { } stop)
            {
                if (container.Current is ContainerMachine.Step.PostStart or ContainerMachine.Step.Up)
                {
                    Tell("Killing", container, $"Stopping container {container.Name}");
                    BeginStop(container, grace, ordered: container.Role == ContainerRole.Sidecar);
                }
            }
            else
            {
                stop.Deadline = Shorter(stop.Deadline, deadline);
                stop.KillAt = Shorter(stop.KillAt, _noGrace ? Now : Longer(deadline, Now + _timing.MinimumGrace));
            }
        }
    }

    private void BeginStop(ContainerMachine container, TimeSpan grace, bool ordered)
    {
        container.Stop = new ContainerStop(Now + grace, ordered);
        if (grace > TimeSpan.Zero && container.Spec.Lifecycle?.PreStop is { } preStop)
        {
            container.Stop.HookRunning = true;
            _actions.Add(new PodAction.RunHook(container.Name, container.Run, HookKind.PreStop, preStop));
        }
    }

    private void AdvanceStop(ContainerMachine container)
    {
        if (container.Stop is not { } stop)
        {
            return;
        }

        if (stop.Current == ContainerStop.Step.PreStop && (!stop.HookRunning || stop.Deadline <= Now))
        {
            stop.Current = ContainerStop.Step.Turn;
        }

        if (stop.Current == ContainerStop.Step.Turn && (!stop.Ordered || stop.Deadline <= Now || IsTurnOf(container)))
        {
            // Without any grace the process is not asked.
            stop.Current = ContainerStop.Step.Terminating;
            stop.KillAt = _noGrace ? Now : Shorter(stop.KillAt, Longer(stop.Deadline, Now + _timing.MinimumGrace));
            if (!_noGrace)
            {
                _actions.Add(new PodAction.Terminate(container.Name, container.Run));
            }
        }

        if (stop.Current == ContainerStop.Step.Terminating && stop.KillAt <= Now)
        {
            stop.Current = ContainerStop.Step.Killed;
            _actions.Add(new PodAction.Kill(container.Name, container.Run));
        }
    }

    /// <summary>A sidecar goes after every main and after every sidecar that is listed behind it. What does not run blocks nobody.</summary>
    private bool IsTurnOf(ContainerMachine sidecar) =>
        !_mains.Exists(main => main.IsAlive)
        && !_inits.Skip(_inits.IndexOf(sidecar) + 1).Any(later => later is { Role: ContainerRole.Sidecar, IsAlive: true });

    private IEnumerable<TimeSpan> Timers()
    {
        if (IsFinished)
        {
            yield break;
        }

        if (!_terminating && _mountRetryAt is { } mountRetryAt)
        {
            yield return mountRetryAt;
        }

        foreach (var container in All)
        {
            if (container.RestartAt is { } restartAt)
            {
                yield return restartAt;
            }

            if (container.CrashLoopAt is { } crashLoopAt)
            {
                yield return crashLoopAt;
            }

            if (container.Stop?.Due is { } stopDue)
            {
                yield return stopDue;
            }

            if (container.Current != ContainerMachine.Step.Up)
            {
                continue;
            }

            foreach (var worker in container.Probes)
            {
                if ((container.Stop is null || worker.Kind == ProbeKind.Readiness) && worker.Due is { } look)
                {
                    yield return look;
                }
            }
        }
    }

    private PodPhase Phase()
    {
        if (!IsFinished)
        {
            return _mains.Exists(container => container.State is not ContainerState.Waiting || container.LastTermination is not null)
                ? PodPhase.Running
                : PodPhase.Pending;
        }

        // How a sidecar ended does not matter.
        return !_initFailed && _mains.TrueForAll(container => LastEnd(container) is { ExitCode: 0 }) ? PodPhase.Succeeded : PodPhase.Failed;
    }

    private static ContainerState.Terminated? LastEnd(ContainerMachine container) =>
        container.State as ContainerState.Terminated ?? container.LastTermination;

    private ContainerStatus StatusOf(ContainerMachine container) => new(
        container.Name,
        container.Spec.Image,
        container.Role,
        container.State,
        container.LastTermination,
        container.RestartCount,
        container.Started,
        container.Ready,
        WaitsFor(container));

    private string? WaitsFor(ContainerMachine container)
    {
        if (container.Stop is { } stop)
        {
            return stop.Current switch
            {
                ContainerStop.Step.PreStop => "its preStop hook",
                ContainerStop.Step.Turn => $"{string.Join(", ", Predecessors(container))} to stop",
                _ => "its process to end",
            };
        }

        switch (container.Current)
        {
            case ContainerMachine.Step.Starting:
                return "its process";
            case ContainerMachine.Step.PostStart:
                return "its postStart hook";
            case ContainerMachine.Step.Up when container.Role == ContainerRole.Init:
                return "its end";
            case ContainerMachine.Step.Up when container.Probe(ProbeKind.Startup) is { } startup:
                return $"its startup probe: {startup.Probe.Describe(container.Spec)}";
            case ContainerMachine.Step.Up when !container.Ready && container.Probe(ProbeKind.Readiness) is { } readiness:
                return $"its readiness probe: {readiness.Probe.Describe(container.Spec)}";
            case ContainerMachine.Step.Down when container.RestartAt is { } restartAt && restartAt > Now:
                return $"its restart in {Age.Go(restartAt - Now + TimeSpan.FromMilliseconds(999))}";
            case ContainerMachine.Step.Down when container.Run == 0 && !_terminating:
                return !_mounted ? "its volumes" : _inits.ElementAtOrDefault(_initIndex) is { } before && before != container
                    ? before.Role == ContainerRole.Init ? $"{before.Name} to finish" : $"{before.Name} to start"
                    : null;
            default:
                return null;
        }
    }

    private IEnumerable<string> Predecessors(ContainerMachine sidecar) => _mains
        .Concat(_inits.Skip(_inits.IndexOf(sidecar) + 1).Where(container => container.Role == ContainerRole.Sidecar))
        .Where(container => container.IsAlive)
        .Select(container => container.Name);

    private string PodReference => $"{_pod.Metadata.Name}_{_pod.Metadata.Namespace}({_pod.Metadata.Uid})";

    private ContainerMachine? Find(string name, int run) => All.FirstOrDefault(container => container.Name == name && container.Run == run && container.IsAlive);

    private DateTimeOffset At(TimeSpan elapsed) => _startTime + elapsed;

    private void Tell(string reason, ContainerMachine? container, string message) =>
        _actions.Add(new PodAction.Notice(Warning: false, reason, container?.Name, message));

    private void Warn(string reason, ContainerMachine? container, string message) =>
        _actions.Add(new PodAction.Notice(Warning: true, reason, container?.Name, message));

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
