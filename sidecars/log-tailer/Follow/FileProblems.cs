using LogTailer.Files;

namespace LogTailer.Follow;

/// <summary>Reports that the log file is missing or cannot be read, and clears the report when the file can be read.</summary>
internal sealed class FileProblems(LogPattern pattern, Problems problems, FileEvents events)
{
    private readonly FileDiagnosis _diagnosis = new(pattern);
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private string? _waitingFor = "the first scan";

    /// <summary>Why there is nothing to follow; null when there is. Read on any thread.</summary>
    public string? WaitingFor => Volatile.Read(ref _waitingFor);

    /// <summary>Whether a file is missing or unreadable, so that the directory must be listed again.</summary>
    public bool HasProblems => _unreadable.Count > 0 || WaitingFor is not null;

    public void ReportUnreadable(string path, Exception exception)
    {
        var (what, remedy) = FileDiagnosis.ExplainUnreadableFile(path, exception);
        _unreadable.Add(path);
        problems.Report(FileDiagnosis.UnreadableArea, what, remedy, exception);
    }

    public void ReportReadable(string path)
    {
        _unreadable.Remove(path);
        ClearUnreadableProblem();
    }

    /// <summary>Updates the reports after a scan.</summary>
    public void EvaluateScan(List<ScannedFile> found)
    {
        if (found.Count == 0)
        {
            ExplainMissingFile();
            return;
        }

        if (WaitingFor is not null)
        {
            Volatile.Write(ref _waitingFor, null);
            problems.Clear(FileDiagnosis.MissingArea);
        }

        if (_unreadable.Count > 0 && _unreadable.RemoveWhere(path => !found.Exists(file => file.Path == path)) > 0)
        {
            ClearUnreadableProblem();
        }
    }

    private void ExplainMissingFile()
    {
        var (what, remedy, isExpected) = _diagnosis.ExplainMissingFile();

        if (what == WaitingFor)
        {
            return;
        }

        Volatile.Write(ref _waitingFor, what);

        if (isExpected)
        {
            problems.Clear(FileDiagnosis.MissingArea);
            events.OnWaitingForFile(what, remedy);
        }
        else
        {
            problems.Report(FileDiagnosis.MissingArea, what, remedy);
        }
    }

    private void ClearUnreadableProblem()
    {
        if (_unreadable.Count == 0)
        {
            problems.Clear(FileDiagnosis.UnreadableArea);
        }
    }
}
