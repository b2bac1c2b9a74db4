using System.Globalization;
using Lab.Objects;
using Lab.Pods;

namespace Lab.Output;

/// <summary>Shows on a terminal what happens to the Pod, and what to try once it is ready.</summary>
internal sealed class PodConsole(Pod pod, OutputWriter output, TimeProvider clock) : IPodObserver
{
    private readonly long _start = clock.GetTimestamp();
    private readonly Dictionary<string, int> _unhealthy = new(StringComparer.Ordinal);
    private PodStatus? _last;
    private bool _wasReady;

    /// <summary>Shows which containers will start, and what each one waits for.</summary>
    public void ShowPlan(string source)
    {
        output.WriteUnprefixed($"{pod.Metadata.Name} ({source})");
        List<string[]> rows = [["CONTAINER", "IMAGE", "KIND", "STATE", "WAITS FOR"]];
        Container? before = null;
        foreach (var container in pod.Spec.InitContainers)
        {
            var sidecar = container.RestartPolicy == RestartPolicies.Always;
            rows.Add([container.Name, container.Image, sidecar ? "sidecar" : "init", "Waiting", DescribePredecessor(before)]);
            before = container;
        }

        foreach (var container in pod.Spec.Containers)
        {
            rows.Add([container.Name, container.Image, "main", "Waiting", DescribePredecessor(before)]);
        }

        foreach (var line in TableFormatter.FormatRows(rows))
        {
            output.WriteUnprefixed(line);
        }

        output.WriteUnprefixed("");
    }

    public void OnStatusChanged(PodStatus status)
    {
        var previous = _last;
        _last = status;
        var before = (previous?.AllContainers ?? []).ToDictionary(container => container.Name, StringComparer.Ordinal);

        // Exited containers first: other containers continue because of their exit.
        foreach (var container in status.AllContainers.OrderBy(container => container.State is not ContainerState.Terminated))
        {
            ReportContainer(before.GetValueOrDefault(container.Name), container);
        }

        if (status.IsReady && !_wasReady)
        {
            _wasReady = true;
            ShowReady(status);
        }
        else if (_wasReady && previous is not null && (previous.Ready, previous.Status) != (status.Ready, status.Status))
        {
            output.WriteMessage($"{status.Name}   {status.Ready}   {status.Status}   {status.FormatRestarts(clock.GetUtcNow())}");
        }
    }

    public void OnEventPublished(PodAction.PublishEvent published)
    {
        if (published.Reason == "Unhealthy")
        {
            // The first probe usually runs before the process listens.
            var count = _unhealthy[published.Container!] = _unhealthy.GetValueOrDefault(published.Container!) + 1;
            if (count is 2 or 3 || count % 10 == 0)
            {
                output.WriteMessage($"{published.Container}: {published.Message}");
            }
        }
        else if (published.IsWarning && published.Reason != "BackOff")
        {
            output.WriteMessage(published.Container is null ? published.Message : $"{published.Container}: {published.Message}");
        }
        else if (published.Reason == "Killing" && published.Message.Contains("failed", StringComparison.Ordinal))
        {
            output.WriteMessage(published.Message);
        }
    }

    /// <summary>The order in which the Pod stops, in words.</summary>
    public static string DescribeStopOrder(Pod pod) => string.Join(
        ", then ",
        pod.Spec.InitContainers
            .Where(container => container.RestartPolicy == RestartPolicies.Always)
            .Reverse()
            .Select(container => container.Name)
            .Prepend(string.Join(" and ", pod.Spec.Containers.Select(container => container.Name))));

    private static string DescribePredecessor(Container? before) => before switch
    {
        null => "nothing",
        { RestartPolicy: RestartPolicies.Always, StartupProbe: { } startup } => $"{before.Name} to start ({startup.DescribeProbe(before)})",
        { RestartPolicy: RestartPolicies.Always } => $"{before.Name} to start",
        _ => $"{before.Name} to complete",
    };

    private void ReportContainer(ContainerStatus? before, ContainerStatus now)
    {
        switch (now.State)
        {
            case ContainerState.Running running
                when before?.State is not ContainerState.Running earlier || earlier.StartedAt != running.StartedAt:
                _unhealthy.Remove(now.Name);
                output.WriteMessage(now.WaitsFor is null ? $"{now.Name} started" : $"{now.Name} is running, waits for {now.WaitsFor}");
                return;
            case ContainerState.Terminated terminated
                when before?.State is not ContainerState.Terminated earlier || earlier.FinishedAt != terminated.FinishedAt:
                var details = terminated.Message.Length > 0 ? $" ({terminated.Message})" : "";
                output.WriteMessage(
                    $"{now.Name} exited with code {terminated.ExitCode}{DescribeSignal(terminated.ExitCode)}{details}"
                    + (now.WaitsFor is null ? "" : $", waits for {now.WaitsFor}"));
                return;
            case ContainerState.Waiting { Reason: not ("PodInitializing" or "ContainerCreating") } waiting when before?.State != waiting:
                output.WriteMessage($"{now.Name} {waiting.Reason}: {waiting.Message}");
                return;
        }

        if (before is null || now.State is not ContainerState.Running)
        {
            return;
        }

        if (now.Started && !before.Started)
        {
            output.WriteMessage(now.WaitsFor is null ? $"{now.Name} started" : $"{now.Name} started, waits for {now.WaitsFor}");
        }
        else if (now.Ready != before.Ready)
        {
            output.WriteMessage(now.Ready ? $"{now.Name} is ready" : $"{now.Name} is not ready");
        }

        if (now.WaitsFor != before.WaitsFor && now.WaitsFor?.Kind is WaitKind.ProcessExit or WaitKind.PreStopHook)
        {
            output.WriteMessage(
                now.WaitsFor.Kind == WaitKind.PreStopHook ? $"{now.Name} is running its preStop hook" : $"stopping {now.Name}");
        }
    }

    private static string DescribeSignal(int exitCode) => exitCode switch
    {
        137 => ", killed",
        143 => ", by SIGTERM",
        _ => "",
    };

    private void ShowReady(PodStatus status)
    {
        var now = clock.GetUtcNow();
        output.WriteUnprefixed("");
        foreach (var line in TableFormatter.FormatRows(
        [
            ["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            [status.Name, status.Ready, status.Status, status.FormatRestarts(now), DurationText.FormatAge(now - status.StartTime)],
        ]))
        {
            output.WriteUnprefixed(line);
        }

        output.WriteUnprefixed("");
        var seconds = clock.GetElapsedTime(_start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        output.WriteUnprefixed($"Ready after {seconds} s. Try:");
        foreach (var command in ExampleCommands.ListCommands(pod))
        {
            output.WriteUnprefixed($"  {command}");
        }

        output.WriteUnprefixed($"Ctrl-C stops it: {DescribeStopOrder(pod)}.");
        output.WriteUnprefixed("");
    }
}
