using System.Diagnostics;
using System.Reflection;

namespace Containers.Tests;

/// <summary>The Docker command line.</summary>
internal static class Docker
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);

    public static string Repository { get; } = typeof(Docker).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!;

    private static string[] _compose = [];

    /// <summary>Why there are no containers here; null where there are.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Runs <c>docker ARGS</c>.</summary>
    /// <returns>Its standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed; with everything that it said.</exception>
    public static string Run(params string[] arguments)
    {
        var (exitCode, output, errors) = Execute("docker", arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"docker {string.Join(' ', arguments)}: exit code {exitCode}\n{output}\n{errors}");
    }

    /// <summary>Runs <c>docker compose ARGS</c> in the repository, or <c>docker-compose</c> where that is what there is.</summary>
    /// <exception cref="InvalidOperationException">It failed; with everything that it said.</exception>
    public static string Compose(params string[] arguments)
    {
        string[] all = [.. _compose[1..], "--project-name", ComposePod.Project, .. arguments];
        var (exitCode, output, errors) = Execute(_compose[0], all);
        return exitCode == 0 ? output : throw new InvalidOperationException($"{_compose[0]} {string.Join(' ', all)}: exit code {exitCode}\n{output}\n{errors}");
    }

    /// <summary>What a container has written, both streams, in the order of each.</summary>
    public static IEnumerable<string> Logs(string container)
    {
        var (_, output, errors) = Execute("docker", "logs", container);
        return output.Split('\n').Concat(errors.Split('\n')).Where(l => l.Length > 0);
    }

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "needs Linux, where the processes of containers are processes of this machine";
        }

        if (!Succeeds("docker", "info"))
        {
            return "needs a Docker engine that answers `docker info`";
        }

        _compose = Succeeds("docker", "compose", "version") ? ["docker", "compose"] : ["docker-compose"];
        return Succeeds(_compose[0], [.. _compose[1..], "version"]) ? null : "needs docker compose, or docker-compose 1.29 or later";
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        try
        {
            return Execute(program, arguments).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int ExitCode, string Output, string Errors) Execute(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository,
        };
        start.Environment["DOCKER_BUILDKIT"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Longest}");
        }

        return (process.ExitCode, output.Result, errors.Result);
    }
}
