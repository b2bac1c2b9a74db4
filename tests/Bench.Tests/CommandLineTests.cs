using Bench.Frame;

namespace Bench.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Without_a_name_the_cases_are_listed_with_what_is_missing()
    {
        Assert.Equal(0, await RunAsync());

        Assert.Contains("needy", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("not here: the moon is not full", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_lacks_something_is_reported_as_not_run()
    {
        Assert.Equal(1, await RunAsync("needy"));

        Assert.Contains("needy: not run, the moon is not full.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_case_is_refused_with_those_there_are()
    {
        Assert.Equal(2, await RunAsync("nedy"));

        Assert.Contains("There are: needy.", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_than_five_pairs_are_refused() => Assert.Equal(2, await RunAsync("--pairs", "3", "needy"));

    private Task<int> RunAsync(params string[] args) => new CommandLine([new Needy()], Repository.Find(), _output).RunAsync(args);

    private sealed class Needy : IBenchCase
    {
        public string Name => "needy";

        public string Question => "Can it run?";

        public string Conditions => "None.";

        public IEnumerable<Need> Needs(Repository repository) => [new Need(() => "the moon is not full")];

        public Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("must not be prepared");
    }
}
