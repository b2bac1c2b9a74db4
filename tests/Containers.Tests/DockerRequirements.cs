using System.Text.RegularExpressions;

namespace Containers.Tests;

/// <summary>
/// What these tests require of the machine. Checked once, in a few seconds and without pulling images, because the attributes
/// of the tests need the result at discovery.
/// </summary>
internal static partial class DockerRequirements
{
    /// <summary>The image that only docker-compose.yml uses.</summary>
    private const string PodImage = "busybox:1.36";

    // Uses the BuildKit features of our Dockerfile on an empty image.
    private const string ProbeDockerfile = "FROM --platform=$BUILDPLATFORM scratch\nARG TARGETARCH\nLABEL probe=$TARGETARCH\n";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static readonly Lazy<string?> FirstMissing = new(FindMissing);

    /// <summary>The first unmet requirement, as the reason to skip a test; null when all are met.</summary>
    public static string? Missing => FirstMissing.Value;

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "requires Docker on Linux, where the processes of containers are visible to the tests";
        }

        try
        {
            if (Docker.Execute("docker", ["info"], deadline: Deadline) is { ExitCode: not 0 } info)
            {
                return $"requires a running Docker engine: {FindError(info.Errors)}";
            }

            if (!Docker.HasCompose)
            {
                return "requires docker compose, or docker-compose 1.29 or later";
            }

            return Images.AreBuiltByTests ? FindMissingBuild() : FindMissingImage([.. Images.Names.Select(Images.GetTag), PodImage]);
        }
        catch (TimeoutException exception)
        {
            return $"requires a Docker engine that responds: {exception.Message}";
        }
    }

    private static string? FindMissingBuild()
    {
        var probe = Docker.Execute("docker", ["build", "--quiet", "-"], ProbeDockerfile, Deadline);
        if (probe.ExitCode != 0)
        {
            return $"requires Docker BuildKit (the buildx component): {FindError(probe.Errors)}";
        }

        Docker.Execute("docker", ["rmi", "--force", probe.Output.Trim()], deadline: Deadline);
        return FindMissingImage([.. FindBaseImages(), PodImage]);
    }

    /// <summary>The first image that is neither present nor offered by its registry.</summary>
    private static string? FindMissingImage(string[] images)
    {
        foreach (var image in images)
        {
            if (Docker.Execute("docker", ["image", "inspect", image], deadline: Deadline).ExitCode != 0
                && Docker.Execute("docker", ["manifest", "inspect", image], deadline: Deadline) is { ExitCode: not 0 } manifest)
            {
                return $"requires Docker image {image}, which is neither present nor can be pulled: {FindError(manifest.Errors)}";
            }
        }

        return null;
    }

    /// <summary>The images that the stages of the Dockerfile start from.</summary>
    private static IEnumerable<string> FindBaseImages()
    {
        var dockerfile = Repository.ReadText("Dockerfile");
        var arguments = ArgumentPattern().Matches(dockerfile)
            .DistinctBy(match => match.Groups[1].Value)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        return StagePattern().Matches(dockerfile)
            .Select(match => VariablePattern().Replace(
                match.Groups[1].Value, variable => arguments.GetValueOrDefault(variable.Groups[1].Value, "")))
            .Where(image => image.Contains('/', StringComparison.Ordinal))
            .Distinct();
    }

    /// <summary>The line of Docker's output that names the error: the one with "error", or else the last one.</summary>
    private static string FindError(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))
            ?? lines.LastOrDefault("no message");
    }

    [GeneratedRegex(@"^ARG (\w+)=(\S+)$", RegexOptions.Multiline)]
    private static partial Regex ArgumentPattern();

    [GeneratedRegex(@"^FROM (?:--platform=\S+ )?(\S+)", RegexOptions.Multiline)]
    private static partial Regex StagePattern();

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex VariablePattern();
}
