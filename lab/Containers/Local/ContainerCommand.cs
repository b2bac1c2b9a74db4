using System.Runtime.InteropServices;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>A command of a container as a command of this machine.</summary>
internal sealed record ContainerCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>The host that runs .NET programs here: the one that runs the lab.</summary>
    public static string Dotnet { get; } = FindDotnet();

    /// <summary>What a container runs: its <c>command</c>, or else the image's own program, and its <c>args</c>.</summary>
    /// <exception cref="ContainerStartException">There is no such program.</exception>
    public static ContainerCommand Of(Container container, ImageCatalog images, IReadOnlyList<string> command, IReadOnlyList<string> args)
    {
        var program = images.Program(container.Image);
        if (command.Count == 0)
        {
            return program is null
                ? throw new ContainerStartException("StartError", "no command specified")
                : new(Dotnet, [program, .. args]);
        }

        var (first, rest) = (command[0], command.Skip(1).Concat(args).ToList());
        if (program is not null)
        {
            if (Path.GetFileName(first) == ImageCatalog.NameOf(container.Image))
            {
                return new(Dotnet, [program, .. rest]);
            }

            if (Path.GetFileName(first) == "dotnet" && rest.Count > 0 && Path.GetFileName(rest[0]) == Path.GetFileName(program))
            {
                return new(Dotnet, [program, .. rest.Skip(1)]);
            }
        }

        return HostPrograms.Find(first) is { } found
            ? new(found, rest)
            : throw new ContainerStartException("StartError", $"exec: \"{first}\": executable file not found in $PATH");
    }

    /// <summary>The program that runs the lab itself runs the containers too.</summary>
    private static string FindDotnet()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : HostPrograms.Find("dotnet") ?? "dotnet";
    }
}
