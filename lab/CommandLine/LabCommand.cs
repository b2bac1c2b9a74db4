using System.Runtime.InteropServices;
using Lab.Containers.Local;
using Lab.Manifests;
using Lab.Nodes;
using Lab.Objects;
using Lab.Output;
using Lab.Pods;
using Lab.Ports;

namespace Lab.CommandLine;

/// <summary>One run of the lab, from the manifests to the exit code.</summary>
internal sealed class LabCommand(CommandLineOptions options, ImageCatalog images, TimeProvider clock)
{
    private const int Success = 0;
    private const int PodFailed = 1;

    /// <summary>
    /// A signal to the whole process group reaches the lab twice: directly, and forwarded by <c>dotnet run</c>. Two signals within this
    /// time count as one; only a later one kills.
    /// </summary>
    private static readonly TimeSpan DuplicateSignalWindow = TimeSpan.FromMilliseconds(200);

    private static readonly PosixSignal[] StopSignals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // Kept until the process exits: another Ctrl-C during the cleanup would otherwise terminate it.
    private static readonly List<PosixSignalRegistration> SignalHandlers = [];

    /// <exception cref="UsageException">The Pod cannot be started.</exception>
    /// <exception cref="ManifestException">A manifest has mistakes.</exception>
    public async Task<int> ExecuteAsync()
    {
        var texts = ManifestFiles.ReadFiles(options.Manifests);
        var manifests = ManifestSet.ReadManifests(texts);
        var workload = ChooseWorkload(manifests);
        var pod = workload.Pod;
        LocalAdmission.CheckWorkload(workload, images);
        PortUse.CheckConflicts(workload);
        var configuration = new PodConfiguration(manifests.ConfigMaps, manifests.Secrets);
        var generated = SelfSignedSecret.GenerateMissing(pod, configuration, clock);
        ThrowIfAny(MissingReferenceFinder.FindMissing(pod.Spec, configuration)
            .Select(missing => workload.CreateError(missing.Place, $"{missing.Message} ({missing.Remedy})").Message));

        string[] names = [.. pod.Spec.AllContainers.Select(container => container.Name)];
        var useColors = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        using var output = new OutputWriter(Console.OpenStandardOutput(), names, useColors);
        var console = new PodConsole(pod, output, clock);
        console.ShowPlan($"{workload.Kind} in {workload.Origin.Source.File}");
        foreach (var item in manifests.NotNeeded)
        {
            output.WriteMessage($"{item.Kind} {item.Name}: not needed here");
        }

        foreach (var message in generated)
        {
            output.WriteMessage(message);
        }

        if (options.DryRun)
        {
            return Success;
        }

        ThrowIfAny(PortUse.FindPortsInUse(pod.Spec));
        using var node = new LocalNode(configuration, images, output, clock);
        return await RunPodAsync(pod, node, output, console, new ManifestFollower(options.Manifests, texts, manifests, clock));
    }

    private async Task<int> RunPodAsync(Pod pod, LocalNode node, OutputWriter output, PodConsole console, ManifestFollower follower)
    {
        // Ten probes per second, so that a sidecar that is up in 300 ms does not wait for a full period (see PodTiming).
        var timing = new PodTiming { EagerProbeInterval = TimeSpan.FromMilliseconds(100) };
        await using var localPod = AddPod(node, pod, console, timing);
        output.WriteMessage($"files in {Path.GetRelativePath(Environment.CurrentDirectory, localPod.Directory)}/");

        var signals = 0;
        var stoppedAt = 0L;
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) == 1)
            {
                stoppedAt = clock.GetTimestamp();
                output.WriteMessage(
                    $"stopping {PodConsole.DescribeStopOrder(pod)}, within {pod.Spec.TerminationGracePeriodSeconds} s; "
                    + "Ctrl-C again kills immediately");
                localPod.DeletePod();
            }
            else if (clock.GetElapsedTime(stoppedAt) > DuplicateSignalWindow)
            {
                localPod.DeletePod(TimeSpan.Zero);
            }
        }

        SignalHandlers.AddRange(StopSignals.Select(signal => PosixSignalRegistration.Create(signal, OnSignal)));
        using var finished = new CancellationTokenSource();
        var following = follower.FollowManifestsAsync(node, output, finished.Token);
        var status = await localPod.RunPodAsync();
        await finished.CancelAsync();
        await following;
        output.WriteMessage($"{pod.Metadata.Name} {(signals > 0 ? "stopped" : status.Phase.ToString().ToLowerInvariant())}");
        return signals > 0 || status.Phase == PodPhase.Succeeded ? Success : PodFailed;
    }

    private static LocalPod AddPod(LocalNode node, Pod pod, IPodObserver observer, PodTiming timing)
    {
        try
        {
            return node.AddPod(pod, observer, timing);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(
                $"the run directory of {pod.Metadata.Name} cannot be used ({exception.Message}): does another lab run this Pod here?");
        }
    }

    private Workload ChooseWorkload(ManifestSet manifests)
    {
        var candidates = manifests.Workloads.Where(workload => options.Pod is null || workload.Pod.Metadata.Name == options.Pod).ToList();
        var names = string.Join(", ", manifests.Workloads.Select(workload => workload.Pod.Metadata.Name));
        return (candidates.Count, manifests.Workloads.Count) switch
        {
            (1, _) => candidates[0],
            (0, 0) => throw new UsageException("no Pod, Deployment or Job in the manifests"),
            (0, _) => throw new UsageException($"no {options.Pod} in the manifests: they contain {names}"),
            _ => throw new UsageException($"several to run: choose one with --pod ({names})"),
        };
    }

    private static void ThrowIfAny(IEnumerable<string> errors)
    {
        if (string.Join('\n', errors) is { Length: > 0 } message)
        {
            throw new UsageException(message);
        }
    }
}
