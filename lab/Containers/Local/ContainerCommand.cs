using System.Runtime.InteropServices;
using Lab.Objects;

namespace Lab.Containers.Local;

/// <summary>A command of a container, translated to a command of this machine.</summary>
internal sealed record ContainerCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>The <c>dotnet</c> host for .NET programs: the same one that runs the lab.</summary>
    public static string DotnetHost { get; } = FindDotnetHost();

    /// <summary>The command of a container: its <c>command</c> or the program of its image, followed by its <c>args</c>.</summary>
    /// <exception cref="ContainerStartException">The program does not exist on this machine.</exception>
    public static ContainerCommand ResolveCommand(
        Container container, ImageCatalog images, IReadOnlyList<string> command, IReadOnlyList<string> args)
    {
        var program = images.FindProgram(container.Image);
        if (command.Count == 0)
        {
            return program is null
                ? throw new ContainerStartException("StartError", "no command specified")
                : new(DotnetHost, [program, .. args]);
        }

        var (first, rest) = (command[0], command.Skip(1).Concat(args).ToList());
        if (program is not null)
        {
            if (Path.GetFileName(first) == ImageCatalog.GetImageName(container.Image))
            {
                return new(DotnetHost, [program, .. rest]);
            }

            if (Path.GetFileName(first) == "dotnet" && rest.Count > 0 && Path.GetFileName(rest[0]) == Path.GetFileName(program))
            {
                return new(DotnetHost, [program, .. rest.Skip(1)]);
            }
        }

        return HostPrograms.FindProgram(first) is { } found
            ? new(found, rest)
            : throw new ContainerStartException("StartError", $"exec: \"{first}\": executable file not found in $PATH");
    }

    private static string FindDotnetHost()
    {
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        return File.Exists(host) ? host : HostPrograms.FindProgram("dotnet") ?? "dotnet";
    }
}
