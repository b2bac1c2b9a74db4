using System.Collections.Concurrent;
using System.Threading.Channels;
using Lab.Containers;
using Lab.Objects;
using Lab.Probes;

namespace Lab.Pods;

/// <summary>
/// Runs a <see cref="PodMachine"/>: executes its actions in a sandbox and returns their results as events. All events go through one
/// channel and one loop, so the machine handles one event at a time.
/// </summary>
internal sealed class PodWorker(Pod pod, IPodSandbox sandbox, IPodObserver observer, PodTiming timing, TimeProvider clock)
{
    // Bounded by what can be in progress: per container one start, one exit, three probes and two hooks.
    private readonly Channel<PodEvent> _events = Channel.CreateUnbounded<PodEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, RunningContainer> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Container> _containers =
        pod.Spec.AllContainers.ToDictionary(container => container.Name, StringComparer.Ordinal);

    /// <summary>Stops the Pod within its own grace period, or a shorter one. Can be called again to shorten the remaining time.</summary>
    public void DeletePod(TimeSpan? grace = null) => EnqueueEvent(new PodEvent.Delete(grace));

    /// <summary>Runs the Pod until it is finished.</summary>
    /// <returns>The last status.</returns>
    public async Task<PodStatus> RunPodAsync()
    {
        var origin = clock.GetTimestamp();
        var machine = new PodMachine(pod, timing, clock.GetUtcNow());
        using var prober = new Prober(sandbox);
        PodEvent podEvent = new PodEvent.Tick();
        while (true)
        {
            var now = clock.GetElapsedTime(origin);
            var actions = machine.HandleEvent(podEvent, now);
            observer.OnStatusChanged(machine.GetStatus(now));
            foreach (var action in actions)
            {
                ExecuteAction(action, prober);
            }

            if (machine.IsFinished)
            {
                return machine.GetStatus(now);
            }

            podEvent = await ReadNextEventAsync(machine.GetTimerDelay(clock.GetElapsedTime(origin)));
        }
    }

    private async Task<PodEvent> ReadNextEventAsync(TimeSpan? timerDelay)
    {
        if (_events.Reader.TryRead(out var waiting))
        {
            return waiting;
        }

        if (timerDelay is not { } delay)
        {
            return await _events.Reader.ReadAsync();
        }

        // A timer can fire slightly early; an additional millisecond avoids a second round.
        using var timer = new CancellationTokenSource(delay + TimeSpan.FromMilliseconds(1), clock);
        try
        {
            return await _events.Reader.ReadAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            return new PodEvent.Tick();
        }
    }

    private void ExecuteAction(PodAction action, Prober prober)
    {
        switch (action)
        {
            case PodAction.PublishEvent published:
                observer.OnEventPublished(published);
                break;
            case PodAction.MountVolumes:
                _ = MountVolumesAsync();
                break;
            case PodAction.Start start:
                _ = StartContainerAsync(start);
                break;
            case PodAction.Terminate terminate:
                _running.GetValueOrDefault(terminate.Container)?.Process.SendTerm();
                break;
            case PodAction.Kill kill:
                _running.GetValueOrDefault(kill.Container)?.Process.SendKill();
                break;
            case PodAction.RunProbe probe:
                _ = RunProbeAsync(probe, prober);
                break;
            case PodAction.RunHook hook:
                _ = RunHookAsync(hook, prober);
                break;
        }
    }

    private async Task MountVolumesAsync()
    {
        await Task.Yield();
        try
        {
            await sandbox.MountVolumesAsync(CancellationToken.None);
            EnqueueEvent(new PodEvent.Mounted());
        }
        catch (Exception exception)
        {
            EnqueueEvent(new PodEvent.MountFailed(exception.Message));
        }
    }

    private async Task StartContainerAsync(PodAction.Start start)
    {
        await Task.Yield();
        var (name, run) = (start.Container, start.Run);
        try
        {
            var process = await sandbox.StartContainerAsync(_containers[name], CancellationToken.None);
            var exited = new CancellationTokenSource();
            _running[name] = new RunningContainer(process, exited.Token);
            EnqueueEvent(new PodEvent.Started(name, run));
            var exitCode = await process.Exit;
            await exited.CancelAsync();
            EnqueueEvent(new PodEvent.Exited(name, run, exitCode));
        }
        catch (ContainerStartException exception)
        {
            EnqueueEvent(new PodEvent.StartFailed(name, run, exception.Reason, exception.Message, exception.StaysWaiting));
        }
        catch (Exception exception)
        {
            EnqueueEvent(new PodEvent.StartFailed(name, run, "StartError", exception.Message));
        }
    }

    private async Task RunProbeAsync(PodAction.RunProbe probe, Prober prober)
    {
        await Task.Yield();
        ProbeResult result;
        try
        {
            result = await prober.RunProbeAsync(_containers[probe.Container], probe.Probe, _running[probe.Container].Exited);
        }
        catch (Exception exception)
        {
            result = ProbeResult.Failure(exception.Message);
        }

        EnqueueEvent(new PodEvent.ProbeFinished(probe.Container, probe.Run, probe.Kind, result.Success, result.Message));
    }

    private async Task RunHookAsync(PodAction.RunHook hook, Prober prober)
    {
        await Task.Yield();
        ProbeResult result;
        try
        {
            result = await prober.RunHookAsync(_containers[hook.Container], hook.Handler, _running[hook.Container].Exited);
        }
        catch (Exception exception)
        {
            result = ProbeResult.Failure(exception.Message);
        }

        EnqueueEvent(new PodEvent.HookFinished(hook.Container, hook.Run, hook.Kind, result.Success, result.Message));
    }

    private void EnqueueEvent(PodEvent podEvent) => _events.Writer.TryWrite(podEvent);

    private sealed record RunningContainer(IContainerProcess Process, CancellationToken Exited);
}
