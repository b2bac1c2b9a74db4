using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using TestKit;

namespace Containers.Tests;

/// <summary>The Pod of docker-compose.yml.</summary>
internal sealed partial class ComposePod : IPod
{
    public const string Project = "agent-sidecars-test";

    private static readonly TimeSpan UpWithin = TimeSpan.FromMinutes(5);

    private static readonly Lazy<Task<ComposePod>> Shared = new(StartAsync);

    private static PodPortsLock? _ports;

    public bool IsUp => PodExtensions.Containers.All(c => Processes(c).Count > 0);

    /// <summary>The one Pod of all tests, brought up for the first of them.</summary>
    public static Task<ComposePod> SharedAsync() => Shared.Value;

    /// <summary>Takes it down, if it was ever up, with its volumes.</summary>
    public static Task DownAsync()
    {
        if (Shared.IsValueCreated)
        {
            Docker.Compose("down", "--volumes", "--remove-orphans");
            _ports?.Dispose();
        }

        return Task.CompletedTask;
    }

    /// <summary><c>docker compose up</c>, until all are healthy.</summary>
    public async Task UpAsync()
    {
        Docker.Compose("up", "--detach", "--no-build");
        foreach (var container in PodExtensions.Containers)
        {
            await HealthyAsync(container);
        }
    }

    /// <summary>Waits until Docker's health check has found it well.</summary>
    public Task HealthyAsync(string container) => Eventually.HoldsAsync(
        () => Inspect(container, "{{.State.Health.Status}}") == "healthy",
        () => $"{container} healthy: {Inspect(container, "{{json .State}}")}\n{string.Join('\n', Lines(container).TakeLast(20))}",
        UpWithin);

    /// <summary>What <c>docker inspect</c> says of a container.</summary>
    public static string Inspect(string container, string format) => Docker.Run("inspect", "--format", format, Id(container)).Trim();

    public IEnumerable<string> Lines(string container) => Docker.Logs(Id(container));

    public IReadOnlyList<int> Processes(string container) =>
        int.Parse(Inspect(container, "{{.State.Pid}}"), CultureInfo.InvariantCulture) is > 0 and var pid ? [pid] : [];

    /// <summary>Not by <c>docker kill</c>, after which Docker takes it for stopped on purpose and does not restart it.</summary>
    public Task KillAsync(string container)
    {
        var pid = Assert.Single(Processes(container));
        if (Environment.IsPrivilegedProcess)
        {
            Process.GetProcessById(pid).Kill();
        }
        else
        {
            // Processes of another user: Docker may.
            Docker.Run("run", "--rm", "--user", "0", "--cap-add", "KILL", "--pid", "host", "--network", "none", "busybox:1.36", "kill", "-9", pid.ToString(CultureInfo.InvariantCulture));
        }

        return Task.CompletedTask;
    }

    public Task<string> RenewCertificateAsync()
    {
        var said = Docker.Run("run", "--rm", "--network", "none", "--volume", $"{Project}_tls:/etc/tls", Images.Tag("tls-proxy"), "self-sign", "/etc/tls", "--renew");
        return Task.FromResult(SerialPattern().Match(said).Groups[1].Value);
    }

    private static async Task<ComposePod> StartAsync()
    {
        await Images.BuildAsync();
        _ports = await PodPortsLock.AcquireAsync();
        Docker.Compose("down", "--volumes", "--remove-orphans");
        var pod = new ComposePod();
        await pod.UpAsync();
        return pod;
    }

    private static string Id(string container) => Docker.Run(
        "ps", "--all", "--quiet", "--filter", $"label=com.docker.compose.project={Project}", "--filter", $"label=com.docker.compose.service={container}").Trim();

    [GeneratedRegex("serial ([0-9A-F]+)")]
    private static partial Regex SerialPattern();
}
