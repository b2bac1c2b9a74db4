using System.Globalization;
using LogTailer.Native;

namespace LogTailer.Follow;

/// <summary>Finds out why no lines come from a file, in words that name the remedy.</summary>
internal sealed class FileDiagnosis(LogPattern pattern)
{
    /// <summary>The area of the problem that nothing is there to follow.</summary>
    public const string MissingArea = "log file";

    /// <summary>The area of the problem that a file is there and cannot be read.</summary>
    public const string UnreadableArea = "log file access";

    private const int NamesShown = 10;

    /// <summary>Why nothing is there to follow.</summary>
    /// <returns>What is so, what to do, and whether that is how every Pod begins: the directory is there and the file is not yet.</returns>
    public (string What, string Remedy, bool Expected) WhyNothing()
    {
        if (!pattern.IsGlob && Directory.Exists(pattern.Text))
        {
            return ($"{pattern.Text} is a directory, not a file. {Contents(pattern.Text)}", "Give the file's path, or a glob such as " + Path.Combine(pattern.Text, "*.log") + ".", false);
        }

        if (File.Exists(pattern.Directory))
        {
            return ($"{pattern.Directory} is a file, and {pattern.Name} is looked for in it.", "Correct LOG_FILE or the volume's mountPath.", false);
        }

        if (!Directory.Exists(pattern.Directory))
        {
            return ($"The directory {pattern.Directory} does not exist. {NearestDirectory()}", "Mount the volume that the application logs to into this container too, under the path that LOG_FILE names.", false);
        }

        try
        {
            var contents = Contents(pattern.Directory);
            var what = pattern.IsGlob ? $"Nothing in {pattern.Directory} matches {pattern.Name}. {contents}" : $"There is no {pattern.Name} in {pattern.Directory}. {contents}";
            const string Remedy = "It is picked up as soon as it appears. If it does not: see that the application writes to this path, and that both containers mount the same volume.";

            return (what, Remedy, true);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return (
                $"The directory {pattern.Directory} cannot be listed by {Self()}{Access(pattern.Directory)}: {exception.Message}",
                "Give the Pod a securityContext.fsGroup that both containers share, or open the directory's mode.",
                false);
        }
    }

    /// <summary>Why a file that is there cannot be read.</summary>
    public static (string What, string Remedy) WhyUnreadable(string path, Exception exception) => exception is UnauthorizedAccessException
        ? ($"{path} cannot be read by {Self()}{Access(path)}.", "Give both containers the same user or the Pod a securityContext.fsGroup, or have the application write its log with mode 0644.")
        : ($"{path} cannot be read: {exception.Message}", "It is tried again. See the volume's health (kubectl describe pod, the node's kernel log).");

    /// <summary>The user that reads, as a person would name it.</summary>
    public static string Self() => OperatingSystem.IsWindows() ? Environment.UserName : string.Create(CultureInfo.InvariantCulture, $"uid {Libc.EffectiveUser()}");

    /// <summary>Owner and mode, such as <c> (owner uid 0, mode 0600)</c>.</summary>
    public static string Access(string path) => !OperatingSystem.IsWindows() && FileStat.TryRead(path, out var stat)
        ? string.Create(CultureInfo.InvariantCulture, $" (it belongs to uid {stat.Owner} and has mode {Convert.ToString(stat.Mode, 8).PadLeft(4, '0')})")
        : "";

    /// <summary>What a directory holds, in a sentence.</summary>
    public static string Contents(string directory)
    {
        var names = Directory.EnumerateFileSystemEntries(directory)
            .Select(Path.GetFileName)
            .Where(name => name != ".log-tailer")
            .Take(NamesShown + 1)
            .Order(StringComparer.Ordinal)
            .ToList();

        return names.Count switch
        {
            0 => "It is empty.",
            <= NamesShown => $"It holds: {string.Join(", ", names)}.",
            _ => $"It holds: {string.Join(", ", names.Take(NamesShown))} and more.",
        };
    }

    private string NearestDirectory()
    {
        var directory = Path.GetDirectoryName(pattern.Directory);

        while (directory is not null && !Directory.Exists(directory))
        {
            directory = Path.GetDirectoryName(directory);
        }

        try
        {
            return directory is null ? "" : $"{directory} does. {Contents(directory)}";
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            return $"{directory} does, but cannot be listed by {Self()}{Access(directory!)}.";
        }
    }
}
