using System.Globalization;

namespace ConfigReloader.Targets;

/// <summary>The processes that this one sees: with <c>shareProcessNamespace: true</c> all of the Pod, else its container's.</summary>
/// <param name="root">Where the proc file system is.</param>
internal sealed class ProcessTable(string root = "/proc")
{
    /// <summary>Every process that is alive and has a program; zombies and the kernel's own threads are left out.</summary>
    public IEnumerable<ProcessEntry> Read()
    {
        foreach (var directory in Directory.EnumerateDirectories(root))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
                Find(id) is { CommandLine.Count: > 0 } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>One process, or null where there is none, or a zombie.</summary>
    public ProcessEntry? Find(int id)
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

            // The short name in stat may hold anything, also parentheses and spaces: what follows the last ')' is regular.
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
                Masks(fields));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or KeyNotFoundException)
        {
            // Gone while it was being looked at, or hidden from this user: either way not a process to be signalled.
            return null;
        }
    }

    private static SignalMasks? Masks(Dictionary<string, string> fields) =>
        Mask(fields, "SigBlk") is { } blocked && Mask(fields, "SigIgn") is { } ignored && Mask(fields, "SigCgt") is { } caught
            ? new SignalMasks(blocked, ignored, caught)
            : null;

    private static ulong? Mask(Dictionary<string, string> fields, string key) =>
        fields.TryGetValue(key, out var text) && ulong.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
            ? mask
            : null;
}
