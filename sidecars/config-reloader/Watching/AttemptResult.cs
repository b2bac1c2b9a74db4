namespace ConfigReloader.Watching;

/// <summary>The result of one attempt to render a snapshot and to notify the target.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Result">The result in a few words, for the status.</param>
/// <param name="Problem">The problem to report; empty if there is none.</param>
/// <param name="Remedy">What to do about the problem.</param>
internal sealed record AttemptResult(AttemptOutcome Outcome, string Result, string Problem = "", string Remedy = "");
