using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Architecture.Tests;

/// <summary>A project of the product and the assembly that it was built to.</summary>
/// <param name="Folder">The project's folder, such as <c>sidecars/log-tailer</c>.</param>
/// <param name="Name">The assembly's name, such as <c>LogTailer</c>.</param>
internal sealed record ProductAssembly(string Folder, string Name)
{
    private static readonly string[] TopFolders = ["agent", "bench", "hosting", "lab", "sidecars"];

    /// <summary>All projects except tests, found by their project files.</summary>
    public static IReadOnlyList<ProductAssembly> All { get; } =
    [
        .. TopFolders.SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(file => new ProductAssembly(
                Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(file)!), Path.GetFileNameWithoutExtension(file)))
            .OrderBy(assembly => assembly.Name, StringComparer.Ordinal),
    ];

    /// <summary>Whether the project is a sidecar.</summary>
    public bool IsSidecar => Folder.StartsWith("sidecars/", StringComparison.Ordinal);

    /// <summary>The names of all assemblies that the compiled assembly refers to.</summary>
    public IReadOnlySet<string> ReadReferences()
    {
        using var image = new PEReader(File.OpenRead(Repository.FindAssembly(Folder, Name)));
        var metadata = image.GetMetadataReader();
        return metadata.AssemblyReferences
            .Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))
            .ToHashSet();
    }
}
