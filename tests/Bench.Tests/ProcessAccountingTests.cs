using Bench.Harness;

namespace Bench.Tests;

public sealed class ProcessAccountingTests
{
    private const string Work = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";

    [Fact]
    public async Task Process_tree_contains_children_and_grandchildren_only()
    {
        await using var other = MeasuredProcess.Start("sleep", ["60"]);
        await using var process = MeasuredProcess.Start("sh", ["-c", "sh -c 'sleep 60 & wait' & wait"]);
        IReadOnlyList<int> tree = [];
        await process.WaitUntilAsync(
            () =>
            {
                tree = ProcessAccounting.FindTree(process.Id);
                return Task.FromResult(tree.Select(FindProgram).Order().SequenceEqual(["sh", "sh", "sleep"]));
            },
            "all three processes run",
            Eventually.Deadline,
            CancellationToken.None);

        Assert.DoesNotContain(other.Id, tree);
        KillAll(tree);
    }

    [Fact]
    public async Task Work_of_an_exited_grandchild_is_counted()
    {
        await using var process = MeasuredProcess.Start("sh", ["-c", $"sh -c '{Work}'; echo done; sleep 60 & wait"]);
        await process.WaitUntilAsync(
            () => Task.FromResult(process.Lines.Contains("done")), "the work is done", Eventually.Deadline, CancellationToken.None);

        Assert.True(process.Usage.CpuSeconds > 0.02, $"only {process.Usage.CpuSeconds} s");
        Assert.Equal(0, ProcessAccounting.ReadCpuSeconds(process.Id).Own, 1);
        KillAll(ProcessAccounting.FindTree(process.Id));
    }

    [Fact]
    public async Task Measured_run_has_elapsed_time_CPU_time_and_peak_memory()
    {
        // A buffer of 64 MiB, for a moment: the peak includes it.
        var measurement = await MeasuredProcess.MeasureToEndAsync(
            "sh", ["-c", $"{Work}; dd if=/dev/zero of=/dev/null bs=64M count=100 2>/dev/null"], null, CancellationToken.None);

        Assert.True(measurement[Metric.Elapsed] > 0);
        Assert.True(measurement[Metric.Cpu] > 0.02, $"only {measurement[Metric.Cpu]} s");
        Assert.True(measurement[Metric.PeakMemory] > 64 << 20, $"only {measurement[Metric.PeakMemory]} bytes");
    }

    [Fact]
    public async Task Failed_run_is_reported_with_its_exit_code_and_output()
    {
        var exception = await Assert.ThrowsAsync<BenchException>(
            () => MeasuredProcess.MeasureToEndAsync("sh", ["-c", "echo no luck >&2; exit 3"], null, CancellationToken.None));

        Assert.Contains("exited with code 3", exception.Message, StringComparison.Ordinal);
        Assert.Contains("no luck", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Process_that_does_not_exist_has_no_usage() =>
        Assert.Equal(default, ProcessAccounting.MeasureTree(int.MaxValue));

    [Fact]
    public void Running_process_has_memory_and_CPU_time()
    {
        var usage = ProcessAccounting.MeasureTree(Environment.ProcessId);

        Assert.True(usage.ResidentBytes > 10 << 20);
        Assert.True(usage.PeakBytes >= usage.ResidentBytes / 2);
        Assert.True(usage.CpuSeconds > 0);
        Assert.True(usage.Processes >= 1);
    }

    private static string? FindProgram(int id) =>
        ProcessAccounting.ReadCommandLine(id) is [var program, ..] ? Path.GetFileName(program) : null;

    /// <summary>Kills the processes that still run; children may have exited together with their parent.</summary>
    private static void KillAll(IEnumerable<int> ids) => Assert.All(ids, id => UnixSignal.TrySend(id, UnixSignal.Kill));
}
