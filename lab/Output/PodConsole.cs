using System.Globalization;
using Lab.Objects;
using Lab.Pods;

namespace Lab.Output;

/// <summary>Tells a person at a terminal what happens to the Pod, and what to do with it once it is ready.</summary>
internal sealed class PodConsole(Pod pod, OutputWriter output, TimeProvider clock) : IPodObserver
{
    private readonly long _start = clock.GetTimestamp();
    private readonly Dictionary<string, int> _unhealthy = new(StringComparer.Ordinal);
    private PodStatus? _last;
    private bool _wasReady;

    /// <summary>What will start, and what each waits for.</summary>
    public void ShowPlan(string source)
    {
        output.Print($"{pod.Metadata.Name} ({source})");
        List<string[]> rows = [["CONTAINER", "IMAGE", "KIND", "STATE", "WAITS FOR"]];
        Container? before = null;
        foreach (var container in pod.Spec.InitContainers)
        {
            var sidecar = container.RestartPolicy == RestartPolicies.Always;
            rows.Add([container.Name, container.Image, sidecar ? "sidecar" : "init", "Waiting", WaitsFor(before)]);
            before = container;
        }

        foreach (var container in pod.Spec.Containers)
        {
            rows.Add([container.Name, container.Image, "main", "Waiting", WaitsFor(before)]);
        }

        foreach (var line in Table.Lines(rows))
        {
            output.Print(line);
        }

        output.Print("");
    }

    public void OnChanged(PodStatus status)
    {
        var previous = _last;
        _last = status;
        var before = (previous?.InitContainers.Concat(previous.Containers) ?? []).ToDictionary(container => container.Name, StringComparer.Ordinal);

        // What has ended comes first: it is why the others move on.
        foreach (var container in status.InitContainers.Concat(status.Containers).OrderBy(container => container.State is not ContainerState.Terminated))
        {
            Tell(before.GetValueOrDefault(container.Name), container);
        }

        if (status.IsReady && !_wasReady)
        {
            _wasReady = true;
            ShowReady(status);
        }
        else if (_wasReady && previous is not null && (previous.Ready, previous.Status) != (status.Ready, status.Status))
        {
            output.Say(string.Create(CultureInfo.InvariantCulture, $"{status.Name}   {status.Ready}   {status.Status}   {status.Restarts(clock.GetUtcNow())}"));
        }
    }

    public void OnNotice(PodAction.Notice notice)
    {
        if (notice.Reason == "Unhealthy")
        {
            // The first look usually comes before the process listens.
            var count = _unhealthy[notice.Container!] = _unhealthy.GetValueOrDefault(notice.Container!) + 1;
            if (count is 2 or 3 || count % 10 == 0)
            {
                output.Say($"{notice.Container}: {notice.Message}");
            }
        }
        else if (notice.Warning && notice.Reason != "BackOff")
        {
            output.Say(notice.Container is null ? notice.Message : $"{notice.Container}: {notice.Message}");
        }
        else if (notice.Reason == "Killing" && notice.Message.Contains("failed", StringComparison.Ordinal))
        {
            output.Say(notice.Message);
        }
    }

    /// <summary>The order in which the Pod stops, for the hint.</summary>
    public static string StopOrder(Pod pod) => string.Join(
        ", then ",
        pod.Spec.InitContainers
            .Where(container => container.RestartPolicy == RestartPolicies.Always)
            .Reverse()
            .Select(container => container.Name)
            .Prepend(string.Join(" and ", pod.Spec.Containers.Select(container => container.Name))));

    private static string WaitsFor(Container? before) => before switch
    {
        null => "nothing",
        { RestartPolicy: RestartPolicies.Always, StartupProbe: { } startup } => $"{before.Name} to start ({startup.Describe(before)})",
        { RestartPolicy: RestartPolicies.Always } => $"{before.Name} to start",
        _ => $"{before.Name} to finish",
    };

    private void Tell(ContainerStatus? before, ContainerStatus now)
    {
        switch (now.State)
        {
            case ContainerState.Running running when before?.State is not ContainerState.Running earlier || earlier.StartedAt != running.StartedAt:
                _unhealthy.Remove(now.Name);
                output.Say(now.WaitsFor is null ? $"{now.Name} started" : $"{now.Name} runs, waits for {now.WaitsFor}");
                return;
            case ContainerState.Terminated ended when before?.State is not ContainerState.Terminated earlier || earlier.FinishedAt != ended.FinishedAt:
                var how = ended.ExitCode == 0 ? "exited with code 0" : $"exited with code {ended.ExitCode}{Signal(ended.ExitCode)}";
                output.Say($"{now.Name} {how}{(ended.Message.Length > 0 ? $" ({ended.Message})" : "")}{(now.WaitsFor is null ? "" : $", waits for {now.WaitsFor}")}");
                return;
            case ContainerState.Waiting { Reason: not ("PodInitializing" or "ContainerCreating") } waiting when before?.State != waiting:
                output.Say($"{now.Name} {waiting.Reason}: {waiting.Message}");
                return;
        }

        if (before is null || now.State is not ContainerState.Running)
        {
            return;
        }

        if (now.Started && !before.Started)
        {
            output.Say(now.WaitsFor is null ? $"{now.Name} started" : $"{now.Name} started, waits for {now.WaitsFor}");
        }
        else if (now.Ready != before.Ready)
        {
            output.Say(now.Ready ? $"{now.Name} is ready" : $"{now.Name} is not ready");
        }

        if (now.WaitsFor != before.WaitsFor && now.WaitsFor is "its process to end" or "its preStop hook")
        {
            output.Say(now.WaitsFor == "its preStop hook" ? $"{now.Name} runs its preStop hook" : $"stopping {now.Name}");
        }
    }

    private static string Signal(int exitCode) => exitCode switch
    {
        137 => ", killed",
        143 => ", by SIGTERM",
        _ => "",
    };

    private void ShowReady(PodStatus status)
    {
        var now = clock.GetUtcNow();
        output.Print("");
        foreach (var line in Table.Lines(
        [
            ["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            [status.Name, status.Ready, status.Status, status.Restarts(now), Age.Of(now - status.StartTime)],
        ]))
        {
            output.Print(line);
        }

        output.Print("");
        output.Print(string.Create(CultureInfo.InvariantCulture, $"Ready after {clock.GetElapsedTime(_start).TotalSeconds:0.0} s. Try:"));
        foreach (var command in TryOut.Commands(pod))
        {
            output.Print($"  {command}");
        }

        output.Print($"Ctrl-C stops it: {StopOrder(pod)}.");
        output.Print("");
    }
}
