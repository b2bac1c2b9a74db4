namespace Bench.Harness;

/// <summary>A temporary directory for one case, and the way to build the programs that it measures.</summary>
internal sealed class Workspace : IDisposable
{
    // Readable by other users, unlike Directory.CreateTempSubdirectory: a server that starts as root drops its privileges.
    public Workspace(string name) =>
        Root = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"bench-{name}-{Environment.ProcessId}")).FullName;

    /// <summary>The absolute path of the directory.</summary>
    public string Root { get; }

    /// <summary>The absolute path of a file in the directory.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Publishes a project with the settings of its image.</summary>
    /// <returns>The path of its program.</returns>
    public async Task<string> PublishProjectAsync(string project, CancellationToken cancellationToken)
    {
        var output = this[Path.GetFileName(project)];
        // A separate artifacts directory, because the repository's own builds are not for a specific runtime.
        await MeasuredProcess.RunToEndAsync(
            "dotnet",
            [
                "publish", Repository.PathOf(project), "-p:ForImage=true", "--use-current-runtime", "--artifacts-path", this["artifacts"],
                "--output", output, "--verbosity", "quiet", "-nodereuse:false",
            ],
            cancellationToken);
        var configuration = Directory.EnumerateFiles(output, "*.runtimeconfig.json").Single();
        return configuration.Replace(".runtimeconfig.json", "", StringComparison.Ordinal);
    }

    /// <summary>Deletes the directory.</summary>
    public void Dispose() => Directory.Delete(Root, recursive: true);
}
