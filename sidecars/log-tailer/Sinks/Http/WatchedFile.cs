namespace LogTailer.Sinks.Http;

/// <summary>A file with a secret or certificate that can be replaced at any time.</summary>
internal sealed class WatchedFile(string path)
{
    private (DateTime Modified, long Length) _seen;

    public string Path => path;

    /// <summary>Whether a path is configured.</summary>
    public bool IsSet => path.Length > 0;

    /// <summary>Whether the file changed since the last call; true at the first call.</summary>
    public bool DetectChange()
    {
        if (!IsSet)
        {
            return false;
        }

        // In a mounted Secret the path is a symbolic link; only the metadata of its target changes.
        var file = new FileInfo(path);
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        var now = target.Exists ? (target.LastWriteTimeUtc, target.Length) : default;

        if (now == _seen)
        {
            return false;
        }

        _seen = now;
        return true;
    }
}
