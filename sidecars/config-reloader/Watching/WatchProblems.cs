namespace ConfigReloader.Watching;

/// <summary>The problems of one watch, in three areas: its source, its target and the kernel's notifications.</summary>
internal sealed class WatchProblems(string watch, Problems problems)
{
    private string SourceArea => $"watch {watch}";

    private string TargetArea => $"target {watch}";

    private string EventsArea => $"events {watch}";

    public void ReportSourceProblem(string what, string remedy) => ReportProblem(SourceArea, what, remedy);

    public void ReportTargetProblem(string what, string remedy) => ReportProblem(TargetArea, what, remedy);

    public void ReportEventsProblem(string what, string remedy) => ReportProblem(EventsArea, what, remedy);

    public void ClearSourceProblem() => problems.Clear(SourceArea);

    public void ClearTargetProblem() => problems.Clear(TargetArea);

    public void ClearEventsProblem() => problems.Clear(EventsArea);

    public void ClearAllProblems()
    {
        ClearSourceProblem();
        ClearTargetProblem();
        ClearEventsProblem();
    }

    /// <summary>Ends the message with a full stop, because the remedy is shown after it.</summary>
    private void ReportProblem(string area, string what, string remedy) =>
        problems.Report(area, what.EndsWith('.') ? what : what + ".", remedy);
}
