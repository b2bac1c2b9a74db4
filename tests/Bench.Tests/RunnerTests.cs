using System.Text.Json.Nodes;
using Bench.Frame;

namespace Bench.Tests;

public sealed class RunnerTests
{
    private static readonly MachineFacts Machine = new("a processor", 2, 4L << 30, "6.1", "Debian", ".NET 10", "0 0 0", "abc", DateTimeOffset.UnixEpoch);

    private readonly List<string> _order = [];

    [Fact]
    public async Task Contenders_take_turns_after_a_warm_up_that_does_not_count()
    {
        var result = await RunAsync(5, Contender("A", 2), Contender("B", 4));

        Assert.Equal("ABABABABABAB", string.Concat(_order));
        Assert.All(result.Contenders, contender => Assert.Equal(5, contender.Runs.Count));
        Assert.Equal(new Ratio(0.5, 0.5, 0.5, 5), result.RatioTo(result.Contenders[1], Metric.Elapsed));
    }

    [Fact]
    public async Task A_contender_that_lacks_something_is_left_out_with_the_reason()
    {
        var absent = Contender("B", 1) with { Needs = [Need.Program("no-such-program-anywhere")] };

        var result = await RunAsync(5, Contender("A", 1), absent, Contender("C", 1));

        Assert.Equal("ACACACACACAC", string.Concat(_order));
        Assert.Equal("no-such-program-anywhere is not installed", result.Contenders[1].NotRun);
        Assert.Contains("**B not run:** no-such-program-anywhere is not installed", MarkdownReport.Of(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_contender_that_fails_is_left_out_from_there_on_and_the_others_go_on()
    {
        var failing = new Contender("B", "", _ => _order.Count(name => name == "B") < 2 ? Contender("B", 1).RunAsync(default) : throw new BenchException("it fell over"));

        var result = await RunAsync(5, Contender("A", 1), failing);

        Assert.Equal("ABABAAAA", string.Concat(_order));
        Assert.Equal("failed in run 2: it fell over", result.Contenders[1].NotRun);
        Assert.Equal(1, result.RatioTo(result.Contenders[1], Metric.Elapsed)?.Pairs);
    }

    [Fact]
    public async Task The_reports_hold_the_medians_the_ratios_and_where_they_come_from()
    {
        var result = await RunAsync(5, Contender("A", 3), Contender("B", 2));

        var markdown = MarkdownReport.Of(result);
        Assert.Contains("| time | 3.00 s | 2.00 s | 1.50× (1.50–1.50) |", markdown, StringComparison.Ordinal);
        Assert.Contains("2 cores, 4.0 GiB", markdown, StringComparison.Ordinal);
        Assert.Contains("commit abc", markdown, StringComparison.Ordinal);

        var json = JsonNode.Parse(JsonReport.Of(result))!;
        Assert.Equal(5, json["contenders"]![0]!["runs"]!.AsArray().Count);
        Assert.Equal(3.0, (double)json["contenders"]![0]!["runs"]![0]!["time [s]"]!);
        Assert.Equal(1.5, (double)json["ratios"]![0]!["median"]!);
        Assert.Equal(2, (int)json["machine"]!["cores"]!);
    }

    [Theory]
    [InlineData(1536L << 10, "bytes", "1.5 MiB")]
    [InlineData(0.01234, "s", "0.012 s")]
    [InlineData(12345.6, "requests/s", "12,346 requests/s")]
    public void Figures_are_as_people_read_them(double value, string unit, string expected) => Assert.Equal(expected, Figures.Text(value, unit));

    [Fact]
    public void The_machine_tells_what_it_is()
    {
        var machine = MachineFacts.Take(Repository.Find());

        Assert.True(machine.Cores > 0);
        Assert.True(machine.MemoryBytes > 100 << 20);
        Assert.NotEmpty(machine.Kernel);
        Assert.StartsWith(".NET", machine.DotNet, StringComparison.Ordinal);
    }

    private static Task<CaseResult> RunAsync(int pairs, params Contender[] contenders) =>
        new Runner(TextWriter.Null).RunAsync(new Case(), Machine, contenders, pairs, CancellationToken.None);

    private Contender Contender(string name, double seconds) => new(name, $"takes {seconds} s", _ =>
    {
        _order.Add(name);
        return Task.FromResult(new Measurement { [Metric.Elapsed] = seconds });
    });

    private sealed class Case : IBenchCase
    {
        public string Name => "a-case";

        public string Question => "Which is faster?";

        public string Conditions => "Equal.";

        public IEnumerable<Need> Needs(Repository repository) => [];

        public Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Contender>>([]);
    }
}
