using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Checks closed files for late lines, a few at each poll in turn.</summary>
internal sealed class IdleFileChecker(KnownFiles files, FileOpener opener)
{
    private const int FilesPerPoll = 64;

    private int _next;

    /// <summary>Checks the next files, and opens the ones with new lines.</summary>
    /// <returns>False when a path has become another file, so that the directory must be listed.</returns>
    public bool CheckNextFiles()
    {
        var ordered = files.Ordered;

        for (var checkedFiles = 0; checkedFiles < Math.Min(FilesPerPoll, ordered.Length); checkedFiles++)
        {
            _next = _next >= ordered.Length - 1 ? 0 : _next + 1;
            var file = ordered[_next];

            if (file.Handle is not null || file.RotatedAt is not null || !FileStat.TryReadPath(file.Path, out var stat))
            {
                continue;
            }

            if (stat.Identity != file.Identity)
            {
                return false;
            }

            if (stat.Size != file.Size || stat.Modified != file.Modified)
            {
                (file.Size, file.Modified) = (stat.Size, stat.Modified);
                opener.TryOpenFile(file);
            }
        }

        return true;
    }
}
