using System.Text;

namespace Lab.CommandLine;

/// <summary>Finds and reads manifest files.</summary>
internal static class ManifestFiles
{
    private const string DefaultManifest = "k8s/labs/agent-with-all-sidecars.yaml";
    private const int MaxFileBytes = 4 * 1024 * 1024;

    /// <exception cref="UsageException">A file does not exist or cannot be read.</exception>
    public static IReadOnlyList<(string File, string Text)> ReadFiles(IReadOnlyList<string> files)
    {
        if (files.Count == 0)
        {
            var file = FindUpwards(DefaultManifest)
                ?? throw new UsageException($"{DefaultManifest} was found neither here nor in a parent directory: name a manifest");
            files = [file];
        }

        return [.. files.Select(name => (name, ReadFile(File.Exists(name) ? name : FindFromRoot(name) ?? name)))];
    }

    /// <summary>Searches the parent directories of the current directory and of the lab's own assembly.</summary>
    private static string? FindUpwards(string relative)
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
            {
                var file = Path.Combine(directory.FullName, relative);
                if (File.Exists(file))
                {
                    var shown = Path.GetRelativePath(Environment.CurrentDirectory, file);
                    return shown.StartsWith("..", StringComparison.Ordinal) ? file : shown;
                }
            }
        }

        return null;
    }

    private static string? FindFromRoot(string file) => Path.IsPathRooted(file) ? null : FindUpwards(file);

    private static string ReadFile(string file)
    {
        try
        {
            if (Directory.Exists(file))
            {
                throw new UsageException($"{file} is a directory: name the manifests in it");
            }

            return new FileInfo(file) is { Exists: true, Length: > MaxFileBytes }
                ? throw new UsageException($"{file} is too large for a manifest")
                : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new UsageException(exception is FileNotFoundException or DirectoryNotFoundException
                ? $"{file}: no such file"
                : $"{file}: cannot be read: {exception.Message}");
        }
    }
}
