namespace Bench.Frame;

/// <summary>A directory of one case's own, removed after it, and the ways to build what is measured.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace(Repository repository, string name)
    {
        Repository = repository;
        Directory = System.IO.Directory.CreateTempSubdirectory($"bench-{name}-").FullName;
    }

    public Repository Repository { get; }

    public string Directory { get; }

    public string this[string name] => Path.Combine(Directory, name);

    /// <summary>Publishes a project in Release, as its image has it, and returns the path of its program.</summary>
    public async Task<string> PublishAsync(string project, CancellationToken cancellationToken)
    {
        var output = this[Path.GetFileName(project)];
        await ChildProcess.OutputOfAsync(
            "dotnet", ["publish", Repository[project], "--configuration", "Release", "--output", output, "--verbosity", "quiet", "-nodereuse:false"], cancellationToken);
        return System.IO.Directory.EnumerateFiles(output, "*.runtimeconfig.json").Single().Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
