using System.Text.RegularExpressions;

namespace Manifests.Tests;

/// <summary>The manifests in the repository, and the images that they may use.</summary>
internal static partial class ManifestFiles
{
    /// <summary>The images that the projects declare, with the tag of the manifests.</summary>
    public static IReadOnlySet<string> OwnImages { get; } = Directory
        .EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
        .Select(file => ImagePattern().Match(File.ReadAllText(file)))
        .Where(match => match.Success)
        .Select(match => match.Groups[1].Value + ":v1")
        .ToHashSet();

    /// <summary>Every manifest that is complete by itself, as a path from the root of the repository.</summary>
    public static IEnumerable<string> FindManifests() => Directory
        .EnumerateFiles(Repository.PathOf("k8s"), "*.yaml", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
        .Where(file => !IsPatch(file))
        .Order(StringComparer.Ordinal);

    /// <summary>The files of an overlay are no complete objects; OverlayTests examine what kustomize generates from them.</summary>
    private static bool IsPatch(string file) =>
        file.EndsWith("/kustomization.yaml", StringComparison.Ordinal)
        || file.StartsWith("k8s/overlays/production/", StringComparison.Ordinal);

    [GeneratedRegex("<ContainerImage>(.+)</ContainerImage>")]
    private static partial Regex ImagePattern();
}
