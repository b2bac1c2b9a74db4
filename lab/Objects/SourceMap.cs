namespace Lab.Objects;

/// <summary>Which line of which file a field stands on.</summary>
internal sealed class SourceMap(string file, int firstLine)
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    public string File { get; } = file;

    public void Add(string path, int line) => _lines[path] = line;

    /// <summary>The line of a field, or of the nearest parent that is written down.</summary>
    public int LineOf(string path)
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

    public ManifestException Error(string path, string message) => ManifestException.At(File, LineOf(path), message);
}
