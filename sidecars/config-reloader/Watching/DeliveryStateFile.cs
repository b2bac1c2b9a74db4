using System.Text.Json;

namespace ConfigReloader.Watching;

/// <summary>
/// Stores what was delivered to each target in a file, so that a change during a restart of this process is not lost.
/// Without a file, this information is lost when the process exits.
/// </summary>
internal sealed class DeliveryStateFile
{
    /// <summary>Stands for <see cref="TargetContent.Unknown"/> in the file: the next start delivers again.</summary>
    private const string UnknownText = "unknown";

    private const string Area = "state file";

    private readonly string? _file;
    private readonly Problems _problems;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _fingerprints = new(StringComparer.Ordinal);

    public DeliveryStateFile(string? file, Problems problems)
    {
        _file = string.IsNullOrEmpty(file) ? null : Path.GetFullPath(file);
        _problems = problems;
        LoadFile();
    }

    /// <summary>What the target of a watch uses, or null for a watch that is not in the file.</summary>
    public TargetContent? FindContent(string watch)
    {
        lock (_lock)
        {
            return _fingerprints.GetValueOrDefault(watch) switch
            {
                null => null,
                UnknownText => TargetContent.Unknown,
                var fingerprint => TargetContent.FromFingerprint(fingerprint),
            };
        }
    }

    /// <summary>Stores what the target of a watch uses. A file that cannot be written is a problem, but does not stop the watch.</summary>
    public void SetContent(string watch, TargetContent content)
    {
        var fingerprint = content.Fingerprint ?? UnknownText;
        lock (_lock)
        {
            if (_fingerprints.GetValueOrDefault(watch) == fingerprint)
            {
                return;
            }

            _fingerprints[watch] = fingerprint;
            SaveFile();
        }
    }

    private void LoadFile()
    {
        if (_file is null || !File.Exists(_file))
        {
            return;
        }

        try
        {
            foreach (var (watch, fingerprint) in ReadFingerprints(_file))
            {
                _fingerprints[watch] = fingerprint;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            _problems.Report(
                Area,
                $"{_file} cannot be read, so the current content counts as delivered: {exception.Message}",
                "The file is written again with the next delivery.",
                exception);
        }
    }

    private static SortedDictionary<string, string> ReadFingerprints(string file) =>
        JsonSerializer.Deserialize(File.ReadAllText(file), WatchJson.Default.SortedDictionaryStringString) ?? [];

    private void SaveFile()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file) ?? "/");
            var temporary = _file + ".new";
            var content = JsonSerializer.SerializeToUtf8Bytes(_fingerprints, WatchJson.Default.SortedDictionaryStringString);
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, _file, overwrite: true);
            _problems.Clear(Area);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Report(
                Area,
                $"{_file} cannot be written: {exception.Message}",
                "Put it on a writable volume (an emptyDir), or remove StateFile.",
                exception);
        }
    }
}
