using System.Text.Json;

namespace ConfigReloader.Watching;

/// <summary>
/// What each target was last told, kept in a file so that a change during this process's restart is not lost.
/// Without a file it remembers nothing beyond the process.
/// </summary>
internal sealed class DeliveredState
{
    /// <summary>Stands for whatever the application may have after an attempt that failed: the next start owes it a delivery.</summary>
    public const string Unknown = "unknown";

    private const string Area = "state file";

    private readonly string? _file;
    private readonly Problems _problems;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _fingerprints = new(StringComparer.Ordinal);

    public DeliveredState(string? file, Problems problems)
    {
        _file = string.IsNullOrEmpty(file) ? null : Path.GetFullPath(file);
        _problems = problems;
        Load();
    }

    /// <summary>What the watch's target has, <see cref="Unknown"/>, or null of a watch that was never seen.</summary>
    public string? this[string watch]
    {
        get
        {
            lock (_lock)
            {
                return _fingerprints.GetValueOrDefault(watch);
            }
        }
    }

    /// <summary>Remembers. A file that cannot be written is a problem, and no reason to stop.</summary>
    public void Set(string watch, string fingerprint)
    {
        lock (_lock)
        {
            if (_fingerprints.GetValueOrDefault(watch) == fingerprint)
            {
                return;
            }

            _fingerprints[watch] = fingerprint;
            Save();
        }
    }

    private void Load()
    {
        if (_file is null || !File.Exists(_file))
        {
            return;
        }

        try
        {
            foreach (var (watch, fingerprint) in JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(_file)) ?? [])
            {
                _fingerprints[watch] = fingerprint;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            _problems.Report(
                Area, $"{_file} cannot be read, so what is there now counts as known: {exception.Message}", "It is written anew with the next delivery.", exception);
        }
    }

    private void Save()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file) ?? "/");
            var temporary = _file + ".new";
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(_fingerprints));
            File.Move(temporary, _file, overwrite: true);
            _problems.Clear(Area);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _problems.Report(
                Area, $"{_file} cannot be written: {exception.Message}", "Put it on a writable volume (an emptyDir), or leave StateFile out.", exception);
        }
    }
}
