using System.Reflection;
using System.Text.RegularExpressions;

namespace Manifests.Tests;

/// <summary>The files under test.</summary>
internal static partial class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!;

    /// <summary>Every manifest, by its path from the root.</summary>
    public static IEnumerable<string> Manifests() => Directory
        .EnumerateFiles(Path.Combine(Root, "k8s"), "*.yaml", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
        // An overlay's patches are no objects of their own: what comes of them is looked at in OverlayTests.
        .Where(f => !f.EndsWith("/kustomization.yaml", StringComparison.Ordinal) && !f.StartsWith("k8s/overlays/production/", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    /// <summary>The images that the projects say they make.</summary>
    public static IReadOnlySet<string> Images { get; } = Directory
        .EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
        .Select(f => ImagePattern().Match(File.ReadAllText(f)))
        .Where(m => m.Success)
        .Select(m => m.Groups[1].Value + ":v1")
        .ToHashSet();

    public static string Read(string manifest) => File.ReadAllText(Path.Combine(Root, manifest));

    [GeneratedRegex("<ContainerImage>(.+)</ContainerImage>")]
    private static partial Regex ImagePattern();
}
