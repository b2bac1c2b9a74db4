namespace Bench.Harness;

/// <summary>One question, answered by running our program and its peers alternately.</summary>
internal interface IBenchCase
{
    /// <summary>The argument of <c>bench/run</c>.</summary>
    string Name { get; }

    /// <summary>The question, in one sentence.</summary>
    string Question { get; }

    /// <summary>What is equal for all contenders and what is not; part of the report.</summary>
    string Conditions { get; }

    /// <summary>The number of pairs of runs, at least five.</summary>
    int Pairs => 5;

    /// <summary>What the machine must provide.</summary>
    IEnumerable<Requirement> Requirements { get; }

    /// <summary>Builds the programs, writes the files that the runs share, and returns the contenders, ours first.</summary>
    Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken);
}
