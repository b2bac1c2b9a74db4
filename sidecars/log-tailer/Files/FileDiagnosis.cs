using System.Globalization;
using LogTailer.Native;

namespace LogTailer.Files;

/// <summary>Finds out why a file cannot be followed, and what to do about it.</summary>
internal sealed class FileDiagnosis(LogPattern pattern)
{
    /// <summary>The problem area for a missing file.</summary>
    public const string MissingArea = "log file";

    /// <summary>The problem area for a file that exists and cannot be read.</summary>
    public const string UnreadableArea = "log file access";

    private const int MaxNamesShown = 10;

    /// <summary>Explains why there is no file to follow.</summary>
    /// <returns>
    /// The cause, the remedy, and whether it is the normal state of a new Pod: the directory exists and the file does not yet.
    /// </returns>
    public (string What, string Remedy, bool IsExpected) ExplainMissingFile()
    {
        if (!pattern.IsGlob && Directory.Exists(pattern.Text))
        {
            return (
                $"{pattern.Text} is a directory, not a file. {DescribeContents(pattern.Text)}",
                $"Set LOG_FILE to the path of the file, or to a glob such as {Path.Combine(pattern.Text, "*.log")}.",
                false);
        }

        if (File.Exists(pattern.Directory))
        {
            return (
                $"{pattern.Directory} is a file, but a directory is required for {pattern.Name}.",
                "Correct LOG_FILE or the mountPath of the volume.",
                false);
        }

        if (!Directory.Exists(pattern.Directory))
        {
            return (
                $"The directory {pattern.Directory} does not exist. {DescribeNearestDirectory()}",
                "Mount the application's log volume into this container too, at the path that LOG_FILE specifies.",
                false);
        }

        try
        {
            var contents = DescribeContents(pattern.Directory);
            var what = pattern.IsGlob
                ? $"No file in {pattern.Directory} matches {pattern.Name}. {contents}"
                : $"There is no {pattern.Name} in {pattern.Directory}. {contents}";
            const string Remedy =
                "The file is followed as soon as it appears. If it does not appear, check that the application writes to this path and "
                + "that both containers mount the same volume.";

            return (what, Remedy, true);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            var access = DescribeAccess(pattern.Directory);
            return (
                $"The directory {pattern.Directory} cannot be listed by {DescribeUser()}{access}: {exception.Message}",
                "Set securityContext.fsGroup of the Pod to a group that both containers share, or relax the mode of the directory.",
                false);
        }
    }

    /// <summary>Explains why an existing file cannot be read.</summary>
    public static (string What, string Remedy) ExplainUnreadableFile(string path, Exception exception)
    {
        if (exception is UnauthorizedAccessException)
        {
            return (
                $"{path} cannot be read by {DescribeUser()}{DescribeAccess(path)}.",
                "Run both containers as the same user, set securityContext.fsGroup of the Pod, or let the application create its log with "
                + "mode 0644.");
        }

        return (
            $"{path} cannot be read: {exception.Message}",
            "Retrying. Check the health of the volume (kubectl describe pod, the kernel log of the node).");
    }

    /// <summary>The user that this process runs as, such as <c>uid 65532</c>.</summary>
    public static string DescribeUser()
        => OperatingSystem.IsWindows()
            ? Environment.UserName
            : string.Create(CultureInfo.InvariantCulture, $"uid {Libc.GetEffectiveUserId()}");

    /// <summary>Owner and mode of a file, such as <c> (owner uid 0, mode 0600)</c>; empty when they are unknown.</summary>
    public static string DescribeAccess(string path) => !OperatingSystem.IsWindows() && FileStat.TryReadPath(path, out var stat)
        ? string.Create(CultureInfo.InvariantCulture, $" (owner uid {stat.Owner}, mode {Convert.ToString(stat.Mode, 8).PadLeft(4, '0')})")
        : "";

    /// <summary>The contents of a directory, in one sentence.</summary>
    public static string DescribeContents(string directory)
    {
        var names = Directory.EnumerateFileSystemEntries(directory)
            .Select(Path.GetFileName)
            .Where(name => name != ".log-tailer")
            .Take(MaxNamesShown + 1)
            .Order(StringComparer.Ordinal)
            .ToList();

        return names.Count switch
        {
            0 => "It is empty.",
            <= MaxNamesShown => $"It contains: {string.Join(", ", names)}.",
            _ => $"It contains: {string.Join(", ", names.Take(MaxNamesShown))} and more.",
        };
    }

    private string DescribeNearestDirectory()
    {
        var directory = Path.GetDirectoryName(pattern.Directory);

        while (directory is not null && !Directory.Exists(directory))
        {
            directory = Path.GetDirectoryName(directory);
        }

        try
        {
            return directory is null ? "" : $"{directory} exists. {DescribeContents(directory)}";
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return $"{directory} exists, but cannot be listed by {DescribeUser()}{DescribeAccess(directory!)}.";
        }
    }
}
