using System.Collections.Concurrent;
using System.Threading.Channels;
using Lab.Containers;
using Lab.Objects;
using Lab.Probes;

namespace Lab.Pods;

/// <summary>
/// Lets a <see cref="PodMachine"/> live: does what it asks for in a sandbox and tells it what came of it. Everything that
/// happens goes through one channel and one loop, so the machine sees one thing at a time.
/// </summary>
internal sealed class PodWorker(Pod pod, IPodSandbox sandbox, IPodObserver observer, PodTiming timing, TimeProvider clock)
{
    // Bounded by what can be under way: a start, an end, three probes and two hooks a container.
    private readonly Channel<PodEvent> _events = Channel.CreateUnbounded<PodEvent>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Container> _containers = pod.Spec.InitContainers.Concat(pod.Spec.Containers).ToDictionary(container => container.Name, StringComparer.Ordinal);

    /// <summary>Stops the Pod: within its own grace, or a shorter one. May be called again to shorten what is left.</summary>
    public void Delete(TimeSpan? grace = null) => _events.Writer.TryWrite(new PodEvent.Delete(grace));

    /// <summary>Runs the Pod to its end.</summary>
    /// <returns>The last status.</returns>
    public async Task<PodStatus> RunAsync()
    {
        var machine = new PodMachine(pod, timing, clock);
        using var prober = new Prober(sandbox);
        PodEvent happened = new PodEvent.Tick();
        while (true)
        {
            var actions = machine.Handle(happened);
            observer.OnChanged(machine.Status);
            foreach (var action in actions)
            {
                Do(action, prober);
            }

            if (machine.IsFinished)
            {
                return machine.Status;
            }

            happened = await NextAsync(machine.Due);
        }
    }

    private async Task<PodEvent> NextAsync(TimeSpan? due)
    {
        if (_events.Reader.TryRead(out var waiting))
        {
            return waiting;
        }

        if (due is null)
        {
            return await _events.Reader.ReadAsync();
        }

        // A timer fires a little early at times; a millisecond more saves a second round.
        using var timer = new CancellationTokenSource(due.Value + TimeSpan.FromMilliseconds(1), clock);
        try
        {
            return await _events.Reader.ReadAsync(timer.Token);
        }
        catch (OperationCanceledException)
        {
            return new PodEvent.Tick();
        }
    }

    private void Do(PodAction action, Prober prober)
    {
        switch (action)
        {
            case PodAction.Notice notice:
                observer.OnNotice(notice);
                break;
            case PodAction.MountVolumes:
                _ = MountAsync();
                break;
            case PodAction.Start start:
                _ = StartAsync(start);
                break;
            case PodAction.Terminate terminate:
                _running.GetValueOrDefault(terminate.Container)?.Process.Terminate();
                break;
            case PodAction.Kill kill:
                _running.GetValueOrDefault(kill.Container)?.Process.Kill();
                break;
            case PodAction.Look look:
                _ = LookAsync(look, prober);
                break;
            case PodAction.RunHook hook:
                _ = RunHookAsync(hook, prober);
                break;
        }
    }

    private async Task MountAsync()
    {
        await Task.Yield();
        try
        {
            await sandbox.MountAsync(CancellationToken.None);
            Tell(new PodEvent.Mounted());
        }
        catch (Exception exception)
        {
            Tell(new PodEvent.MountFailed(exception.Message));
        }
    }

    private async Task StartAsync(PodAction.Start start)
    {
        await Task.Yield();
        var (name, run) = (start.Container, start.Run);
        try
        {
            var process = await sandbox.StartAsync(_containers[name], CancellationToken.None);
            var ended = new CancellationTokenSource();
            _running[name] = new Running(process, ended.Token);
            Tell(new PodEvent.Started(name, run));
            var exitCode = await process.Exit;
            await ended.CancelAsync();
            Tell(new PodEvent.Exited(name, run, exitCode));
        }
        catch (ContainerStartException exception)
        {
            Tell(new PodEvent.StartFailed(name, run, exception.Reason, exception.Message, exception.StaysWaiting));
        }
        catch (Exception exception)
        {
            Tell(new PodEvent.StartFailed(name, run, "StartError", exception.Message));
        }
    }

    private async Task LookAsync(PodAction.Look look, Prober prober)
    {
        await Task.Yield();
        ProbeResult result;
        try
        {
            result = await prober.ProbeAsync(_containers[look.Container], look.Probe, _running[look.Container].Ended);
        }
        catch (Exception exception)
        {
            result = ProbeResult.Failure(exception.Message);
        }

        Tell(new PodEvent.ProbeFinished(look.Container, look.Run, look.Kind, result.Success, result.Message));
    }

    private async Task RunHookAsync(PodAction.RunHook hook, Prober prober)
    {
        await Task.Yield();
        ProbeResult result;
        try
        {
            result = await prober.RunHookAsync(_containers[hook.Container], hook.Handler, _running[hook.Container].Ended);
        }
        catch (Exception exception)
        {
            result = ProbeResult.Failure(exception.Message);
        }

        Tell(new PodEvent.HookFinished(hook.Container, hook.Run, hook.Kind, result.Success, result.Message));
    }

    private void Tell(PodEvent happened) => _events.Writer.TryWrite(happened);

    private sealed record Running(IContainerProcess Process, CancellationToken Ended);
}
