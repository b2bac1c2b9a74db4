namespace LogTailer.Sinks.Http;

/// <summary>A file with a secret or a certificate that may be exchanged: tells when it was.</summary>
internal sealed class WatchedFile(string path)
{
    private (DateTime Modified, long Length) _seen;

    public string Path => path;

    /// <summary>Whether there is such a file to watch.</summary>
    public bool IsSet => path.Length > 0;

    /// <summary>Whether it has changed since this was last asked; the first time it has.</summary>
    public bool HasChanged()
    {
        if (!IsSet)
        {
            return false;
        }

        // Of a mounted Secret the name is a link; its target's stamps are what changes.
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
