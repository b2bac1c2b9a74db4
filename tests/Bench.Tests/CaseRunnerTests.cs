using System.Text.Json.Nodes;
using Bench.Harness;

namespace Bench.Tests;

public sealed class CaseRunnerTests
{
    private static readonly MachineFacts Machine = new(
        "a processor", 2, 4L << 30, "6.1", "Debian", ".NET 10", "0 0 0", "abc", DateTimeOffset.UnixEpoch);

    private readonly List<string> _order = [];

    [Fact]
    public async Task Contenders_run_alternately_after_an_uncounted_warm_up()
    {
        var result = await RunAsync(5, CreateContender("A", 2), CreateContender("B", 4));

        Assert.Equal("ABABABABABAB", string.Concat(_order));
        Assert.All(result.Contenders, contender => Assert.Equal(5, contender.Runs.Count));
        Assert.Equal(new Ratio(0.5, 0.5, 0.5, 5), result.ComputeRatio(result.Contenders[1], Metric.Elapsed));
    }

    [Fact]
    public async Task Contender_with_a_missing_requirement_is_left_out_with_the_reason()
    {
        var absent = CreateContender("B", 1) with { Requirements = [Requirement.ForProgram("no-such-program-anywhere")] };

        var result = await RunAsync(5, CreateContender("A", 1), absent, CreateContender("C", 1));

        Assert.Equal("ACACACACACAC", string.Concat(_order));
        Assert.Equal("no-such-program-anywhere is not installed", result.Contenders[1].NotRun);
        Assert.Contains(
            "**B not run:** no-such-program-anywhere is not installed", MarkdownReport.FormatResult(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_contender_is_left_out_while_the_others_continue()
    {
        var failing = new Contender("B", "", _ =>
            _order.Count(name => name == "B") < 2 ? CreateContender("B", 1).RunAsync(default) : throw new BenchException("it crashed"));

        var result = await RunAsync(5, CreateContender("A", 1), failing);

        Assert.Equal("ABABAAAA", string.Concat(_order));
        Assert.Equal("failed in run 2: it crashed", result.Contenders[1].NotRun);
        Assert.Equal(1, result.ComputeRatio(result.Contenders[1], Metric.Elapsed)?.Pairs);
    }

    [Fact]
    public async Task Reports_contain_medians_ratios_machine_and_commit()
    {
        var result = await RunAsync(5, CreateContender("A", 3), CreateContender("B", 2));

        var markdown = MarkdownReport.FormatResult(result);
        Assert.Contains("| time | 3.00 s | 2.00 s | 1.50× (1.50–1.50) |", markdown, StringComparison.Ordinal);
        Assert.Contains("2 cores, 4.0 GiB", markdown, StringComparison.Ordinal);
        Assert.Contains("commit abc", markdown, StringComparison.Ordinal);

        var json = JsonNode.Parse(JsonReport.FormatResult(result))!;
        Assert.Equal(5, json["contenders"]![0]!["runs"]!.AsArray().Count);
        Assert.Equal(3.0, (double)json["contenders"]![0]!["runs"]![0]!["time [s]"]!);
        Assert.Equal(1.5, (double)json["ratios"]![0]!["median"]!);
        Assert.Equal(2, (int)json["machine"]!["cores"]!);
    }

    [Theory]
    [InlineData(1536L << 10, "bytes", "1.5 MiB")]
    [InlineData(0.01234, "s", "0.012 s")]
    [InlineData(12345.6, "requests/s", "12,346 requests/s")]
    public void Figures_are_rounded_and_have_a_readable_unit(double value, string unit, string expected) =>
        Assert.Equal(expected, FigureFormat.FormatValue(value, unit));

    [Fact]
    public async Task Machine_facts_are_read_from_the_system()
    {
        var machine = await MachineFacts.CollectAsync(CancellationToken.None);

        Assert.True(machine.Cores > 0);
        Assert.True(machine.MemoryBytes > 100 << 20);
        Assert.NotEmpty(machine.Kernel);
        Assert.StartsWith(".NET", machine.DotNet, StringComparison.Ordinal);
    }

    private static Task<CaseResult> RunAsync(int pairs, params Contender[] contenders) =>
        new CaseRunner(TextWriter.Null).RunCaseAsync(new EmptyCase(), Machine, contenders, pairs, CancellationToken.None);

    private Contender CreateContender(string name, double seconds) => new(name, $"takes {seconds} s", _ =>
    {
        _order.Add(name);
        return Task.FromResult(new Measurement { [Metric.Elapsed] = seconds });
    });

    private sealed class EmptyCase : IBenchCase
    {
        public string Name => "a-case";

        public string Question => "Which is faster?";

        public string Conditions => "Equal.";

        public IEnumerable<Requirement> Requirements => [];

        public Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Contender>>([]);
    }
}
