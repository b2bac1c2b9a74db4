namespace Lab.Manifests;

/// <summary>The file and line of each field of an object.</summary>
internal sealed class SourceMap(string file, int firstLine)
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    public string File { get; } = file;

    public void AddLine(string path, int line) => _lines[path] = line;

    /// <summary>The line of a field, or of the nearest parent that is in the file.</summary>
    public int FindLine(string path)
    {
        while (path.Length > 0)
        {
            if (_lines.TryGetValue(path, out var line))
            {
                return line;
            }

            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }

        return firstLine;
    }

    public ManifestException CreateError(string path, string message) => ManifestException.AtLine(File, FindLine(path), message);
}
