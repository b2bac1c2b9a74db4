using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Containers.Tests;

/// <summary>The Pod of docker-compose.yml.</summary>
internal sealed partial class ComposePod : IPod
{
    public const string ProjectName = "agent-sidecars-test";

    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(5);

    private static readonly Lazy<Task<ComposePod>> Shared = new(StartAsync);

    private static PodPortsLock? _ports;

    public bool IsRunning => PodExtensions.Containers.All(container => FindProcesses(container).Count > 0);

    /// <summary>The Pod that all tests share, started for the first of them.</summary>
    public static Task<ComposePod> GetSharedAsync() => Shared.Value;

    /// <summary>Removes the containers and the volumes if the Pod was ever started.</summary>
    public static Task RemoveAsync()
    {
        if (Shared.IsValueCreated)
        {
            Docker.RunCompose("down", "--volumes", "--remove-orphans");
            _ports?.Dispose();
        }

        return Task.CompletedTask;
    }

    /// <summary>Runs <c>docker compose up</c> and waits until every container is healthy.</summary>
    public async Task StartContainersAsync()
    {
        Docker.RunCompose("up", "--detach", "--no-build");
        foreach (var container in PodExtensions.Containers)
        {
            await WaitUntilHealthyAsync(container);
        }
    }

    /// <summary>Waits until Docker's health check has succeeded.</summary>
    public Task WaitUntilHealthyAsync(string container) => Eventually.AssertAsync(
        () => InspectContainer(container, "{{.State.Health.Status}}") == "healthy",
        () => $"{container} is healthy: {InspectContainer(container, "{{json .State}}")}\n" +
            string.Join('\n', ReadLines(container).TakeLast(20)),
        StartDeadline);

    /// <summary>Runs <c>docker inspect</c> with a format.</summary>
    public static string InspectContainer(string container, string format) =>
        Docker.RunDocker("inspect", "--format", format, FindContainerId(container)).Trim();

    public IEnumerable<string> ReadLines(string container) => Docker.ReadLogs(FindContainerId(container));

    public IReadOnlyList<int> FindProcesses(string container) =>
        int.Parse(InspectContainer(container, "{{.State.Pid}}"), CultureInfo.InvariantCulture) is > 0 and var processId ? [processId] : [];

    /// <summary>Does not use <c>docker kill</c>: Docker would treat the container as stopped on purpose and not restart it.</summary>
    public Task KillContainerAsync(string container)
    {
        var processId = Assert.Single(FindProcesses(container));
        if (Environment.IsPrivilegedProcess)
        {
            Process.GetProcessById(processId).Kill();
        }
        else
        {
            // The process belongs to another user; a container in the host's process namespace may kill it.
            string[] privileges = ["--user", "0", "--cap-add", "KILL", "--pid", "host", "--network", "none"];
            Docker.RunDocker(
                ["run", "--rm", .. privileges, "busybox:1.36", "kill", "-9", processId.ToString(CultureInfo.InvariantCulture)]);
        }

        return Task.CompletedTask;
    }

    public Task<string> RenewCertificateAsync()
    {
        string[] command = ["run", "--rm", "--network", "none", "--volume", $"{ProjectName}_tls:/etc/tls", Images.GetTag("tls-proxy")];
        var output = Docker.RunDocker([.. command, "self-sign", "/etc/tls", "--renew"]);
        return Task.FromResult(SerialPattern().Match(output).Groups[1].Value);
    }

    private static async Task<ComposePod> StartAsync()
    {
        await Images.BuildAllAsync();
        _ports = await PodPortsLock.AcquireAsync();
        Docker.RunCompose("down", "--volumes", "--remove-orphans");
        var pod = new ComposePod();
        await pod.StartContainersAsync();
        return pod;
    }

    private static string FindContainerId(string container)
    {
        var project = $"label=com.docker.compose.project={ProjectName}";
        var service = $"label=com.docker.compose.service={container}";
        return Docker.RunDocker("ps", "--all", "--quiet", "--filter", project, "--filter", service).Trim();
    }

    [GeneratedRegex("serial ([0-9A-F]+)")]
    private static partial Regex SerialPattern();
}
