using System.Text.RegularExpressions;

namespace EndToEnd;

/// <summary>A Pod in the lab, started with the README's command and observed as a user observes it: its output and its ports.</summary>
internal sealed partial class RunningPod : IPod, IAsyncDisposable
{
    private static readonly Dictionary<string, string> Assemblies = new()
    {
        ["agent"] = "Agent.dll",
        ["logging-sidecar"] = "LogTailer.dll",
        ["metrics-sidecar"] = "MetricsRelay.dll",
        ["tls-proxy"] = "TlsProxy.dll",
    };

    private readonly PodPortsLock _ports;

    private RunningPod(ChildProcess lab, string name, PodPortsLock ports) => (Lab, Name, _ports) = (lab, name, ports);

    /// <summary>The lab's process.</summary>
    public ChildProcess Lab { get; }

    /// <summary>The name of the Pod.</summary>
    public string Name { get; }

    /// <summary>The directory with the Pod's volumes.</summary>
    public string VolumeDirectory => Path.Combine(Repository.Root, ".lab", Name, "volumes");

    /// <inheritdoc/>
    public bool IsRunning => !Lab.HasExited;

    /// <summary>Starts one manifest, or the lab's default Pod.</summary>
    public static Task<RunningPod> StartAsync(string? manifest = null, string pod = "agent-with-all-sidecars", string ready = "4/4") =>
        StartAsync(manifest is null ? [] : [manifest], pod, ready);

    /// <summary>Starts a Pod and waits until the lab shows its READY count.</summary>
    /// <param name="manifests">The files to apply together; empty for the lab's default.</param>
    /// <param name="pod">The name of the Pod.</param>
    /// <param name="ready">The READY count, or another text of the lab's output, to wait for.</param>
    /// <param name="wrapper">A program that starts the lab, with its arguments.</param>
    public static async Task<RunningPod> StartAsync(IReadOnlyList<string> manifests, string pod, string ready, params string[] wrapper)
    {
        string[] command =
        [
            .. wrapper, "dotnet", "run", "--project", "lab", "--no-build", "--configuration", Repository.Configuration,
            .. manifests.Count == 0 ? [] : manifests.Prepend("--"),
        ];
        var ports = await PodPortsLock.AcquireAsync();
        var running = new RunningPod(ChildProcess.Start(command[0], command[1..], directory: Repository.Root), pod, ports);
        try
        {
            await running.Lab.WaitForLineAsync(ready);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> ReadLines(string container) => Lab.Output
        .Select(line => ContainerLinePattern().Match(line))
        .Where(match => match.Success && match.Groups[1].Value == container)
        .Select(match => match.Groups[2].Value);

    /// <inheritdoc/>
    public IReadOnlyList<int> FindProcesses(string container) => PodProcesses.FindContainers(Assemblies[container]);

    /// <inheritdoc/>
    public Task KillContainerAsync(string container)
    {
        PodProcesses.SendSignal(FindProcesses(container), UnixSignal.Kill);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string> RenewCertificateAsync() => Task.FromResult(ReplaceCertificate(days: 1));

    /// <summary>Replaces the Secret with the certificate in the mounted volume, as the kubelet does.</summary>
    /// <param name="days">How long the new certificate is valid.</param>
    /// <returns>Its serial number, as .NET prints it.</returns>
    public string ReplaceCertificate(int days)
    {
        using var authority = new CertificateAuthority();
        using var volume = new MountedVolume(Path.Combine(VolumeDirectory, "tls"));
        var certificate = authority.IssueCertificate(notAfter: DateTimeOffset.UtcNow.AddDays(days));
        volume.ReplaceFiles(certificate.SecretFiles);
        return certificate.SerialNumber;
    }

    /// <summary>Stops the lab with SIGTERM and asserts that it exits with 0.</summary>
    public async Task StopAsync() => Assert.Equal(0, await Lab.TerminateAsync());

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        _ports.Dispose();
    }

    [GeneratedRegex(@"^([a-z0-9-]+)\s*\| (.*)$")]
    private static partial Regex ContainerLinePattern();
}
