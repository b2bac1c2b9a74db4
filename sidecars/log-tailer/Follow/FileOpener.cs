using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Opens the files that have unread lines or are likely to get new ones.</summary>
internal sealed class FileOpener(FileProblems problems)
{
    /// <summary>The newest files stay open after they are read, because new lines are most likely there.</summary>
    public const int NewestKeptOpen = 8;

    /// <summary>
    /// The maximum number of files with unread lines that are held open, so that they can still be read after they are deleted.
    /// </summary>
    public const int MaxOpenFiles = 512;

    /// <summary>Whether the file at <paramref name="index"/> is one of the newest, which stay open.</summary>
    public static bool IsKeptOpen(int index, int fileCount) => index >= fileCount - NewestKeptOpen;

    /// <summary>Opens files after their set or order has changed.</summary>
    /// <param name="files">The files, oldest first.</param>
    public void OpenNeededFiles(FollowedFile[] files)
    {
        var open = 0;

        for (var i = 0; i < files.Length; i++)
        {
            var file = files[i];

            // The size is below the read offset when the file was truncated, which must be handled too.
            if (file.Handle is null && (IsKeptOpen(i, files.Length) || (file.Size != file.ReadOffset && open < MaxOpenFiles)))
            {
                TryOpenFile(file);
            }

            open += file.Handle is null ? 0 : 1;
        }
    }

    /// <summary>
    /// Opens a file unless it is open already; false when its path no longer exists, has become another file, or cannot be read.
    /// </summary>
    public bool TryOpenFile(FollowedFile file)
    {
        if (file.Handle is not null)
        {
            return true;
        }

        try
        {
            var handle = LogFile.OpenShared(file.Path);

            if (FileStat.ReadHandle(handle).Identity != file.Identity)
            {
                handle.Dispose();
                return false;
            }

            file.Handle = handle;
            problems.ReportReadable(file.Path);
            return true;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.ReportUnreadable(file.Path, exception);
            return false;
        }
    }
}
