namespace Bench.Frame;

/// <summary>One of those that are measured side by side.</summary>
/// <param name="Name">Short, as in the report's tables.</param>
/// <param name="Description">What exactly runs, with the options that matter.</param>
/// <param name="RunAsync">One whole run, from nothing to nothing: starts what it needs and ends it.</param>
internal sealed record Contender(string Name, string Description, Func<CancellationToken, Task<Measurement>> RunAsync)
{
    /// <summary>What it needs beyond what the case needs.</summary>
    public IReadOnlyList<Need> Needs { get; init; } = [];
}
