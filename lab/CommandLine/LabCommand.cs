using System.Runtime.InteropServices;
using Lab.Containers.Local;
using Lab.Objects;
using Lab.Output;
using Lab.Pods;
using Lab.Ports;

namespace Lab.CommandLine;

/// <summary>One run of the lab, from the manifests to the exit code.</summary>
internal sealed class LabCommand(CommandLineOptions options, ImageCatalog images, TimeProvider clock)
{
    private const int Done = 0;
    private const int PodFailed = 1;

    /// <exception cref="UsageException">The Pod cannot be started.</exception>
    /// <exception cref="ManifestException">A manifest cannot be used.</exception>
    public async Task<int> RunAsync()
    {
        var texts = ManifestFiles.Read(options.Manifests);
        var manifests = ManifestSet.Read(texts);
        var workload = Choose(manifests);
        var pod = workload.Pod;
        LocalAdmission.Check(workload, images);
        PortUse.CheckClashes(workload);
        var configuration = new PodConfiguration(manifests.ConfigMaps, manifests.Secrets);
        var made = SelfSignedSecret.MakeMissing(pod, configuration, clock);
        Refuse(MissingReference.Of(pod.Spec, configuration).Select(missing => workload.Error(missing.Place, $"{missing.Message} ({missing.Remedy})").Message));

        string[] names = [.. pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(container => container.Name)];
        var colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        using var output = new OutputWriter(Console.OpenStandardOutput(), names, colour);
        var console = new PodConsole(pod, output, clock);
        console.ShowPlan($"{workload.Kind} in {workload.Origin.Source.File}");
        foreach (var item in manifests.NotNeeded)
        {
            output.Say($"{item.Kind} {item.Name}: not needed here");
        }

        foreach (var line in made)
        {
            output.Say(line);
        }

        if (options.DryRun)
        {
            return Done;
        }

        Refuse(PortUse.FindTaken(pod.Spec));
        return await RunAsync(pod, configuration, output, console, new ManifestFollower(options.Manifests, texts, manifests, clock));
    }

    /// <summary>
    /// A signal to the whole process group reaches the lab twice: by itself, and passed on by <c>dotnet run</c>. That is
    /// one wish to stop, not the second one, which kills.
    /// </summary>
    private static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(200);

    private static readonly PosixSignal[] StopSignals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // Held until the process is gone: an impatient Ctrl-C while the lab cleans up after itself would else kill it there.
    private static readonly List<PosixSignalRegistration> SignalHandlers = [];

    private async Task<int> RunAsync(Pod pod, PodConfiguration configuration, OutputWriter output, PodConsole console, ManifestFollower manifests)
    {
        using var directory = OpenDirectory(pod);
        using var starter = new ProcessStarter();
        await using var sandbox = new LocalSandbox(pod, configuration, images, directory, starter, output, clock);
        output.Say($"files in {Path.GetRelativePath(Environment.CurrentDirectory, directory.Root)}/");

        // Ten times a second: a sidecar that is up in 300 ms is not waited for a whole period (see PodTiming.EagerLook).
        var timing = new PodTiming { EagerLook = TimeSpan.FromMilliseconds(100) };
        var worker = new PodWorker(pod, sandbox, console, timing, clock);
        var stops = 0;
        var stoppedAt = 0L;
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref stops) == 1)
            {
                stoppedAt = clock.GetTimestamp();
                output.Say($"stopping {PodConsole.StopOrder(pod)}, within {pod.Spec.TerminationGracePeriodSeconds} s; Ctrl-C again kills at once");
                worker.Delete();
            }
            else if (clock.GetElapsedTime(stoppedAt) > SameSignal)
            {
                worker.Delete(TimeSpan.Zero);
            }
        }

        SignalHandlers.AddRange(StopSignals.Select(signal => PosixSignalRegistration.Create(signal, Stop)));
        using var ended = new CancellationTokenSource();
        var following = manifests.RunAsync(sandbox, output, ended.Token);
        var status = await worker.RunAsync();
        await ended.CancelAsync();
        await following;
        output.Say($"{pod.Metadata.Name} {(stops > 0 ? "stopped" : status.Phase.ToString().ToLowerInvariant())}");
        return stops > 0 || status.Phase == PodPhase.Succeeded ? Done : PodFailed;
    }

    private static RunDirectory OpenDirectory(Pod pod)
    {
        try
        {
            return RunDirectory.Open(pod.Metadata.Name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the run directory of {pod.Metadata.Name} cannot be used ({exception.Message}): does another lab run this Pod here?");
        }
    }

    private Workload Choose(ManifestSet manifests)
    {
        var candidates = manifests.Workloads.Where(workload => options.Pod is null || workload.Pod.Metadata.Name == options.Pod).ToList();
        var names = string.Join(", ", manifests.Workloads.Select(workload => workload.Pod.Metadata.Name));
        return (candidates.Count, manifests.Workloads.Count) switch
        {
            (1, _) => candidates[0],
            (0, 0) => throw new UsageException("no Pod, Deployment or Job in the manifests"),
            (0, _) => throw new UsageException($"no {options.Pod} in the manifests: they hold {names}"),
            _ => throw new UsageException($"several to run: choose one with --pod ({names})"),
        };
    }

    private static void Refuse(IEnumerable<string> lines)
    {
        if (string.Join('\n', lines) is { Length: > 0 } message)
        {
            throw new UsageException(message);
        }
    }
}
