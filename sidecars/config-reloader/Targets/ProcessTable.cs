using System.Globalization;

namespace ConfigReloader.Targets;

/// <summary>
/// The processes in this container's process namespace: all of the Pod with <c>shareProcessNamespace: true</c>, otherwise only
/// those of this container.
/// </summary>
/// <param name="root">Path of the proc file system.</param>
internal sealed class ProcessTable(string root = "/proc")
{
    /// <summary>Every running process with a program; zombies and kernel threads are left out.</summary>
    public IEnumerable<ProcessEntry> ListProcesses()
    {
        foreach (var directory in Directory.EnumerateDirectories(root))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
                FindProcess(id) is { CommandLine.Count: > 0 } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>One process, or null if it does not exist or is a zombie.</summary>
    public ProcessEntry? FindProcess(int id)
    {
        var directory = Path.Combine(root, id.ToString(CultureInfo.InvariantCulture));
        try
        {
            var fields = File.ReadLines(Path.Combine(directory, "status"))
                .Select(line => line.Split(':', 2))
                .Where(parts => parts.Length == 2)
                .ToDictionary(parts => parts[0], parts => parts[1].Trim(), StringComparer.Ordinal);
            if (fields["State"].StartsWith('Z') || fields["State"].StartsWith('X'))
            {
                return null;
            }

            // The short name in stat may contain parentheses and spaces; the fields after the last ')' have a fixed format.
            var stat = File.ReadAllText(Path.Combine(directory, "stat"));
            var afterName = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            const int startTime = 22 - 3;

            var commandLine = File.ReadAllText(Path.Combine(directory, "cmdline"))
                .TrimEnd('\0')
                .Split('\0')
                .Where((argument, index) => index > 0 || argument.Length > 0)
                .ToArray();
            return new ProcessEntry(
                id,
                int.Parse(fields["PPid"], CultureInfo.InvariantCulture),
                fields["Name"],
                commandLine,
                int.Parse(fields["Uid"].Split('\t', ' ')[1], CultureInfo.InvariantCulture),
                ulong.Parse(afterName[startTime], CultureInfo.InvariantCulture),
                ParseSignalMasks(fields));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or KeyNotFoundException)
        {
            // The process exited during the read, or is hidden from this user: it cannot be signaled.
            return null;
        }
    }

    private static SignalMasks? ParseSignalMasks(Dictionary<string, string> fields) =>
        ParseMask(fields, "SigBlk") is { } blocked
        && ParseMask(fields, "SigIgn") is { } ignored
        && ParseMask(fields, "SigCgt") is { } caught
            ? new SignalMasks(blocked, ignored, caught)
            : null;

    private static ulong? ParseMask(Dictionary<string, string> fields, string key) =>
        fields.TryGetValue(key, out var text)
        && ulong.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
            ? mask
            : null;
}
