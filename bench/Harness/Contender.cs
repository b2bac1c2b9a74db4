namespace Bench.Harness;

/// <summary>One of the programs that a case compares.</summary>
/// <param name="Name">A short name, for the tables of the report.</param>
/// <param name="Description">The exact program and the options that matter.</param>
/// <param name="RunAsync">One complete run: starts everything it needs and stops it again.</param>
internal sealed record Contender(string Name, string Description, Func<CancellationToken, Task<Measurement>> RunAsync)
{
    /// <summary>The requirements of this contender beyond those of the case.</summary>
    public IReadOnlyList<Requirement> Requirements { get; init; } = [];
}
