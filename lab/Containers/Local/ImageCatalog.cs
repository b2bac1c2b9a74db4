using System.Text.Json;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>
/// Which program an image stands for. The project's own images are its programs, found in <c>images.json</c> that the build
/// writes beside the lab; images that only lend a shell are the shell of this machine.
/// </summary>
internal sealed class ImageCatalog(IReadOnlyDictionary<string, string> programs)
{
    private static readonly HashSet<string> Shells = new(StringComparer.Ordinal) { "busybox", "alpine", "bash", "debian", "ubuntu" };

    /// <summary>The names of our own images, in order.</summary>
    public IEnumerable<string> Names => programs.Keys.Order(StringComparer.Ordinal);

    public static ImageCatalog Load()
    {
        var directory = AppContext.BaseDirectory;
        var file = Path.Combine(directory, "images.json");
        var programs = File.Exists(file)
            ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))!
            : [];
        return new ImageCatalog(programs.ToDictionary(entry => entry.Key, entry => Path.GetFullPath(entry.Value, directory)));
    }

    /// <summary>An image without registry, tag and digest: <c>ghcr.io/x/agent:v1</c> is <c>agent</c>.</summary>
    public static string NameOf(string image)
    {
        var name = image[(image.LastIndexOf('/') + 1)..];
        var end = name.IndexOfAny([':', '@']);
        return end < 0 ? name : name[..end];
    }

    public bool IsOwn(string image) => programs.ContainsKey(NameOf(image));

    public string? Program(string image) => programs.GetValueOrDefault(NameOf(image));

    /// <summary>Why a container cannot be run here; null when it can.</summary>
    public string? Refuse(Container container)
    {
        if (Program(container.Image) is { } program)
        {
            return File.Exists(program) ? null : $"image \"{container.Image}\": {program} is not built (run `dotnet build`)";
        }

        if (!Shells.Contains(NameOf(container.Image)))
        {
            return $"image \"{container.Image}\" cannot be run without a cluster: the lab knows {string.Join(", ", Names)}, and commands of this machine as busybox or alpine";
        }

        return container.Command.Count > 0 ? null : $"image \"{container.Image}\" has nothing to do: it needs a command";
    }
}
