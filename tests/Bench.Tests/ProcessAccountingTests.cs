using Bench.Frame;

namespace Bench.Tests;

public sealed class ProcessAccountingTests
{
    private const string Work = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

    [Fact]
    public async Task A_tree_holds_children_and_grandchildren_and_nobody_else()
    {
        await using var other = ChildProcess.Start("sleep", ["60"]);
        await using var child = ChildProcess.Start("sh", ["-c", "sh -c 'sleep 60 & wait' & wait"]);
        IReadOnlyList<int> tree = [];
        await child.UntilAsync(
            () =>
            {
                tree = ProcessAccounting.Tree(child.Id);
                return Task.FromResult(tree.Select(Program).Order().SequenceEqual(["sh", "sh", "sleep"]));
            },
            "all three run",
            Deadline,
            CancellationToken.None);

        Assert.DoesNotContain(other.Id, tree);
        await KillAsync(tree);
    }

    [Fact]
    public async Task Work_of_a_grandchild_that_has_ended_counts()
    {
        await using var child = ChildProcess.Start("sh", ["-c", $"sh -c '{Work}'; echo done; sleep 60 & wait"]);
        await child.UntilAsync(() => Task.FromResult(child.Lines.Contains("done")), "the work is done", Deadline, CancellationToken.None);

        Assert.True(child.Usage.CpuSeconds > 0.02, $"only {child.Usage.CpuSeconds} s");
        Assert.Equal(0, ProcessAccounting.Cpu(child.Id).Own, 1);
        await KillAsync(ProcessAccounting.Tree(child.Id));
    }

    [Fact]
    public async Task A_run_to_the_end_has_its_time_its_CPU_and_its_peak()
    {
        // 64 MiB in one buffer, for a moment: the peak remembers it.
        var measurement = await ChildProcess.MeasureToEndAsync(
            "sh", ["-c", $"{Work}; dd if=/dev/zero of=/dev/null bs=64M count=100 2>/dev/null"], null, CancellationToken.None);

        Assert.True(measurement[Metric.Elapsed] > 0);
        Assert.True(measurement[Metric.Cpu] > 0.02, $"only {measurement[Metric.Cpu]} s");
        Assert.True(measurement[Metric.PeakMemory] > 64 << 20, $"only {measurement[Metric.PeakMemory]} bytes");
    }

    [Fact]
    public async Task A_run_that_fails_says_so_with_its_last_words()
    {
        var failed = await Assert.ThrowsAsync<BenchException>(
            () => ChildProcess.MeasureToEndAsync("sh", ["-c", "echo no luck >&2; exit 3"], null, CancellationToken.None));

        Assert.Contains("3", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_does_not_exist_has_used_nothing() =>
        Assert.Equal(default, ProcessAccounting.Usage(int.MaxValue));

    [Fact]
    public void This_process_has_memory_and_has_worked()
    {
        var usage = ProcessAccounting.Usage(Environment.ProcessId);

        Assert.True(usage.ResidentBytes > 10 << 20);
        Assert.True(usage.PeakBytes >= usage.ResidentBytes / 2);
        Assert.True(usage.CpuSeconds > 0);
        Assert.True(usage.Processes >= 1);
    }

    private static string? Program(int id) => ProcessAccounting.CommandLine(id) is [var program, ..] ? Path.GetFileName(program) : null;

    private static TimeSpan Deadline => TimeSpan.FromSeconds(60);

    /// <summary>Ends those that still live; the death of one may have been the end of another.</summary>
    private static async Task KillAsync(IEnumerable<int> ids) =>
        await ChildProcess.OutputOfAsync("sh", ["-c", $"kill -KILL {string.Join(' ', ids)} 2>/dev/null || true"], CancellationToken.None);
}
