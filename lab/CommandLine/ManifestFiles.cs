using System.Text;

namespace Lab.CommandLine;

/// <summary>Finds and reads manifests.</summary>
internal static class ManifestFiles
{
    private const string Default = "k8s/labs/agent-with-all-sidecars.yaml";
    private const int LargestFile = 4 * 1024 * 1024;

    /// <exception cref="UsageException">A file is not there or cannot be read.</exception>
    public static IReadOnlyList<(string File, string Text)> Read(IReadOnlyList<string> files)
    {
        if (files.Count == 0)
        {
            files = [Find(Default) ?? throw new UsageException($"{Default} is neither here nor in a directory above: name a manifest")];
        }

        return [.. files.Select(file => (file, ReadFile(File.Exists(file) ? file : FromRoot(file) ?? file)))];
    }

    /// <summary>Looks upwards from the current directory and from where the lab itself lies.</summary>
    private static string? Find(string relative)
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

    private static string? FromRoot(string file) => Path.IsPathRooted(file) ? null : Find(file);

    private static string ReadFile(string file)
    {
        try
        {
            if (Directory.Exists(file))
            {
                throw new UsageException($"{file} is a directory: name the manifests in it");
            }

            return new FileInfo(file) is { Exists: true, Length: > LargestFile }
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
