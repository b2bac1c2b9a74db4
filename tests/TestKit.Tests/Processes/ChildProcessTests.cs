using System.Diagnostics;

namespace TestKit.Tests.Processes;

public sealed class ChildProcessTests
{
    [Theory]
    [InlineData(UnixSignal.Hangup)]
    [InlineData(UnixSignal.Interrupt)]
    [InlineData(UnixSignal.Quit)]
    public async Task Signal_that_the_test_process_ignores_still_stops_its_child(int signal)
    {
        // This is how nohup and background jobs of a shell start their processes.
        using var ignored = new IgnoredSignal(signal);

        // The control: without the reset, the child inherits the ignored signal.
        using (var plain = Process.Start("sleep", ["60"]))
        {
            Assert.Contains(signal, ReadIgnoredSignals(plain.Id));
            plain.Kill();
        }

        await using var child = ChildProcess.Start("sleep", ["60"]);
        Assert.DoesNotContain(signal, ReadIgnoredSignals(child.Id));
        child.SendSignal(signal);

        Assert.Equal(128 + signal, await child.WaitForExitAsync());
        Assert.Contains(signal, ReadIgnoredSignals(Environment.ProcessId));
    }

    [Fact]
    public async Task Exit_code_and_both_streams_are_available_after_the_exit()
    {
        await using var child = ChildProcess.Start("sh", ["-c", "echo one; echo two >&2; exit 3"]);

        Assert.Equal(3, await child.WaitForExitAsync());
        Assert.Equal(["one"], child.Output);
        Assert.Equal(["two"], child.Errors);
    }

    [Fact]
    public async Task Waiting_for_a_line_fails_as_soon_as_the_process_has_exited()
    {
        await using var child = ChildProcess.Start("sh", ["-c", "echo one"]);

        Assert.Equal("one", await child.WaitForLineAsync("on"));
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => child.WaitForLineAsync("two"));
        Assert.Contains("stdout:\none", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_blocks_while_its_output_is_left_unread()
    {
        var options = new ChildProcessOptions { LeavesOutputUnread = true };
        await using var child = ChildProcess.Start("sh", ["-c", "head -c 200000 /dev/zero | tr '\\0' '\\n'; echo done >&2"], options);
        await Assert.ThrowsAsync<TimeoutException>(() => child.WaitForLineAsync("done", TimeSpan.FromMilliseconds(300)));

        child.StartReadingOutput();

        await child.WaitForExitAsync();
        Assert.Equal(["done"], child.Errors);
        Assert.Equal(200_000, child.OutputCount);
    }

    [Fact]
    public async Task Write_to_closed_output_kills_the_process_with_a_broken_pipe()
    {
        var options = new ChildProcessOptions { LeavesOutputUnread = true };
        await using var child = ChildProcess.Start("sh", ["-c", "trap - PIPE; yes"], options);

        child.CloseOutput();

        Assert.NotEqual(0, await child.WaitForExitAsync());
    }

    [Fact]
    public async Task Environment_variables_are_set_and_removed_and_memory_is_measured()
    {
        var environment = new Dictionary<string, string?> { ["ADDED"] = "yes", ["HOME"] = null };
        await using var child = ChildProcess.Start("sh", ["-c", "echo \"$ADDED ${HOME-none}\"; sleep 60"], environment);

        await child.WaitForLineAsync("yes none");

        Assert.InRange(child.ResidentBytes, 1, child.PeakResidentBytes);
    }

    private static IReadOnlyList<int> ReadIgnoredSignals(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        var mask = Convert.ToUInt64(line[7..].Trim(), 16);
        return [.. Enumerable.Range(1, 64).Where(signal => (mask >> (signal - 1) & 1) == 1)];
    }
}
