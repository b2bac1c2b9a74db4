using Bench.Harness;

namespace Bench.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Without_a_name_the_cases_are_listed_with_missing_requirements()
    {
        Assert.Equal(0, await RunAsync());

        Assert.Contains("unmet", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("cannot run here: the moon is not full", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Case_with_a_missing_requirement_is_reported_as_not_run()
    {
        Assert.Equal(1, await RunAsync("unmet"));

        Assert.Contains("unmet: not run, the moon is not full.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_case_is_rejected_with_the_list_of_cases()
    {
        Assert.Equal(2, await RunAsync("unmett"));

        Assert.Contains("The cases are: unmet.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_than_five_pairs_are_rejected() => Assert.Equal(2, await RunAsync("--pairs", "3", "unmet"));

    private Task<int> RunAsync(params string[] args) => new CommandLine([new CaseWithUnmetRequirement()], _output).RunAsync(args);

    private sealed class CaseWithUnmetRequirement : IBenchCase
    {
        public string Name => "unmet";

        public string Question => "Can it run?";

        public string Conditions => "None.";

        public IEnumerable<Requirement> Requirements => [new Requirement(() => "the moon is not full")];

        public Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("must not be prepared");
    }
}
