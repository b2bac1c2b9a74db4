using System.Text.Json;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>
/// Maps images to programs. The images of this project are its programs, listed in <c>images.json</c>, which the build writes next to
/// the lab. Images that only provide a shell are mapped to the shell of this machine.
/// </summary>
internal sealed class ImageCatalog(IReadOnlyDictionary<string, string> programs)
{
    private static readonly HashSet<string> Shells = new(StringComparer.Ordinal) { "busybox", "alpine", "bash", "debian", "ubuntu" };

    /// <summary>The images of this project, sorted by name.</summary>
    public IEnumerable<string> Names => programs.Keys.Order(StringComparer.Ordinal);

    public static ImageCatalog LoadCatalog()
    {
        var directory = AppContext.BaseDirectory;
        var file = Path.Combine(directory, "images.json");
        var programs = File.Exists(file)
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!
            : [];
        return new ImageCatalog(programs.ToDictionary(entry => entry.Key, entry => Path.GetFullPath(entry.Value, directory)));
    }

    /// <summary>The name of an image without registry, tag and digest: <c>ghcr.io/x/agent:v1</c> is <c>agent</c>.</summary>
    public static string GetImageName(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..];
        var end = name.IndexOfAny([':', '@']);
        return end < 0 ? name : name[..end];
    }

    public bool IsProjectImage(string image) => programs.ContainsKey(GetImageName(image));

    public string? FindProgram(string image) => programs.GetValueOrDefault(GetImageName(image));

    /// <summary>Why a container cannot run here, or null if it can.</summary>
    public string? ExplainRejection(Container container)
    {
        if (FindProgram(container.Image) is { } program)
        {
            return File.Exists(program) ? null : $"image \"{container.Image}\": {program} is not built (run `dotnet build`)";
        }

        if (!Shells.Contains(GetImageName(container.Image)))
        {
            return $"image \"{container.Image}\" cannot be run without a cluster: the lab runs {string.Join(", ", Names)}, "
                + "and uses the shell of this machine for busybox, alpine and similar images";
        }

        return container.Command.Count > 0 ? null : $"image \"{container.Image}\" needs a command: the lab has no entry point for it";
    }
}
