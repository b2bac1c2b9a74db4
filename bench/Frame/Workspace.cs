namespace Bench.Frame;

/// <summary>A directory of one case's own, removed after it, and the ways to build what is measured.</summary>
internal sealed class Workspace : IDisposable
{
    public Workspace(Repository repository, string name)
    {
        Repository = repository;
        // Not one of those that are closed to others: a peer that was started as root reads it as somebody else.
        Directory = System.IO.Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"bench-{name}-{Environment.ProcessId}")).FullName;
    }

    public Repository Repository { get; }

    public string Directory { get; }

    public string this[string name] => Path.Combine(Directory, name);

    /// <summary>Publishes a project in the form that its image has, and returns the path of its program.</summary>
    public async Task<string> PublishAsync(string project, CancellationToken cancellationToken)
    {
        var output = this[Path.GetFileName(project)];
        // Restored and built apart: the repository's own builds are for no particular machine.
        await ChildProcess.OutputOfAsync(
            "dotnet",
            [
                "publish", Repository[project], "-p:ForImage=true", "--use-current-runtime", "--artifacts-path", this["artifacts"], "--output", output,
                "--verbosity", "quiet", "-nodereuse:false",
            ],
            cancellationToken);
        return System.IO.Directory.EnumerateFiles(output, "*.runtimeconfig.json").Single().Replace(".runtimeconfig.json", "", StringComparison.Ordinal);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
