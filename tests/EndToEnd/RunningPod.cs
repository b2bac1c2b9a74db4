using System.Reflection;
using System.Text.RegularExpressions;
using TestKit;

namespace EndToEnd;

/// <summary>A Pod in the lab, started with the README's command and seen as a user sees it: its output and its ports.</summary>
internal sealed partial class RunningPod : IPod, IAsyncDisposable
{
    private static readonly Dictionary<string, string> Programs = new()
    {
        ["agent"] = "Agent.dll",
        ["logging-sidecar"] = "LogTailer.dll",
        ["metrics-sidecar"] = "MetricsRelay.dll",
        ["tls-proxy"] = "TlsProxy.dll",
    };

    private static readonly Dictionary<string, string> Facts = typeof(RunningPod).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().ToDictionary(a => a.Key, a => a.Value!);

    private readonly PodPortsLock _ports;

    private RunningPod(ChildProcess lab, string name, PodPortsLock ports) => (Lab, Name, _ports) = (lab, name, ports);

    public static string Repository => Facts["Repository"];

    public ChildProcess Lab { get; }

    public string Name { get; }

    /// <summary>What the lab keeps of the Pod on disk.</summary>
    public string Directory => Path.Combine(Repository, ".lab", Name);

    /// <inheritdoc/>
    public bool IsUp => !Lab.HasExited;

    public static Task<RunningPod> StartAsync(string? manifest = null, string pod = "agent-with-all-sidecars", string ready = "4/4") =>
        StartAsync(manifest is null ? [] : [manifest], pod, ready);

    /// <param name="manifests">Files that are taken together; none for the lab's default.</param>
    /// <param name="pod">The name of what is run.</param>
    /// <param name="ready">The READY count to wait for.</param>
    /// <param name="under">A program that starts the lab, with its arguments.</param>
    public static async Task<RunningPod> StartAsync(IReadOnlyList<string> manifests, string pod, string ready, params string[] under)
    {
        string[] command =
        [
            .. under, "dotnet", "run", "--project", "lab", "--no-build", "--configuration", Facts["Configuration"],
            .. manifests.Count == 0 ? [] : manifests.Prepend("--"),
        ];
        var ports = await PodPortsLock.AcquireAsync();
        var running = new RunningPod(ChildProcess.Start(command[0], command[1..], directory: Repository), pod, ports);
        try
        {
            await running.Lab.SaysAsync(ready);
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<string> Lines(string container) => Lab.Output
        .Select(l => LinePattern().Match(l))
        .Where(m => m.Success && m.Groups[1].Value == container)
        .Select(m => m.Groups[2].Value);

    /// <inheritdoc/>
    public IReadOnlyList<int> Processes(string container) => ProcessesOf(Programs[container]);

    /// <inheritdoc/>
    public Task KillAsync(string container)
    {
        foreach (var id in Processes(container))
        {
            Libc.Send(id, 9);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<string> RenewCertificateAsync() => Task.FromResult(KubernetesSecret.Swap(Path.Combine(Directory, "volumes", "tls")));

    /// <summary>The process ids of the Pod's containers now, found by their program.</summary>
    public static IReadOnlyList<int> ProcessesOf(string assembly) =>
    [
        .. System.IO.Directory.EnumerateDirectories("/proc")
            .Select(d => (Id: int.TryParse(Path.GetFileName(d), out var id) ? id : 0, Directory: d))
            .Where(p => p.Id > 0 && CommandLine(p.Directory).Split('\0').Any(a => a.EndsWith("/" + assembly, StringComparison.Ordinal)))
            .Select(p => p.Id),
    ];

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        _ports.Dispose();
    }

    private static string CommandLine(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    [GeneratedRegex(@"^([a-z0-9-]+)\s*\| (.*)$")]
    private static partial Regex LinePattern();
}
