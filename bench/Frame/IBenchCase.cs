namespace Bench.Frame;

/// <summary>One question, answered by running ours and its peers alternately.</summary>
internal interface IBenchCase
{
    /// <summary>What is typed after <c>bench/run</c>.</summary>
    string Name { get; }

    /// <summary>The question, in one sentence.</summary>
    string Question { get; }

    /// <summary>What is the same for all contenders, and what is not; part of the report.</summary>
    string Conditions { get; }

    /// <summary>Pairs of runs, at least five.</summary>
    int Pairs => 5;

    /// <summary>What the machine must have.</summary>
    IEnumerable<Need> Needs(Repository repository);

    /// <summary>Builds and lays out what the runs share, and names the contenders: ours first.</summary>
    Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken);
}
