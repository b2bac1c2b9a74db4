using System.Globalization;
using ConfigReloader.Targets;
using ConfigReloader.Tests.Support;

namespace ConfigReloader.Tests.Targets;

public sealed class SignalTargetTests : IDisposable
{
    private static int _names;

    private readonly TemporaryDirectory _directory = new();

    // Within the kernel's limit of 15 characters, and unique to this test.
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"app{Environment.ProcessId}x{Interlocked.Increment(ref _names)}");

    private string Shell => field ??= ShellProcess.Named(_directory, _name);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("HUP")]
    [InlineData("SIGUSR1")]
    [InlineData("usr2")]
    public async Task Process_with_the_configured_name_receives_the_signal(string signal)
    {
        await using var process = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping(signal.ToUpperInvariant().Replace("SIG", "", StringComparison.Ordinal)));

        var result = await ByName(signal).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.AssertAsync(() => process.Output.Count == 2, "the trap runs");
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task Name_longer_than_the_kernel_stores_matches_the_program_file()
    {
        var name = _name + "-with-a-long-name";
        await using var process = await ShellProcess.StartAsync(ShellProcess.Named(_directory, name), ShellProcess.Trapping("HUP"));

        var result = await Target(Hup, name, null, new ProcessTable()).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.AssertAsync(() => process.Output.Count == 2, "the trap runs");
    }

    [Fact]
    public async Task Two_processes_with_the_same_name_are_both_listed_and_not_signaled()
    {
        await using var one = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping("HUP"));
        await using var other = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping("HUP"));

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains($"{one.Id} (", result.Message, StringComparison.Ordinal);
        Assert.Contains($"{other.Id} (", result.Message, StringComparison.Ordinal);
        Assert.Contains("PidFile", result.Remedy, StringComparison.Ordinal);

        // Neither was signaled: the next signal is the first that arrives.
        File.WriteAllText(_directory["pid"], $"{one.Id}\n");
        Assert.Equal(DeliveryOutcome.Delivered, (await ByPidFile().DeliverChangeAsync(CancellationToken.None)).Outcome);
        await Eventually.AssertAsync(() => one.Output.Count == 2, "the selected process is signaled");
        Assert.Equal(["ready"], other.Output);
    }

    [Fact]
    public async Task Only_the_master_is_signaled_if_workers_have_the_same_name()
    {
        await using var master = await ShellProcess.StartAsync(
            Shell, $"trap 'echo reload' HUP; {Shell} -c 'while kill -0 $PPID; do sleep 0.02; done' & echo ready; {ShellProcess.UntilOrphaned}");
        await Eventually.AssertAsync(() => new ProcessTable().ListProcesses().Count(process => process.MatchesName(_name)) == 2, "the worker runs");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        Assert.Contains($"{master.Id} (", result.Message, StringComparison.Ordinal);
        await Eventually.AssertAsync(() => master.Output.Count == 2, "the master is signaled");
    }

    [Fact]
    public async Task Process_without_a_handler_is_not_terminated_by_SIGHUP()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("no handler for SIGHUP", result.Message, StringComparison.Ordinal);
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task Process_that_ignores_the_signal_is_reported()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"trap '' HUP; echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("ignores SIGHUP", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Termination_signal_is_sent_without_a_handler()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName("TERM").DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.AssertAsync(() => process.HasExited, "the process exits");
    }

    [Fact]
    public async Task Missing_process_is_reported_with_the_name_that_was_searched()
    {
        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains($"no process is named {_name}", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reloader_never_signals_itself()
    {
        var own = new ProcessTable().FindProcess(Environment.ProcessId);
        Assert.NotNull(own);
        File.WriteAllText(_directory["pid"], $"{own.Id}");

        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("itself", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_1_is_not_signaled_by_default()
    {
        var proc = FakeProc((1, 0, "pause", Handlers(1)));

        var failure = await Target(Hup, "pause", null, proc).CheckReachabilityAsync(CancellationToken.None);
        Assert.Contains("AllowPid1", failure?.Remedy, StringComparison.Ordinal);
        File.WriteAllText(_directory["pid"], "1");
        failure = await Target(Hup, null, _directory["pid"], proc).CheckReachabilityAsync(CancellationToken.None);
        Assert.Contains("AllowPid1", failure?.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Isolated_process_namespace_is_reported_with_the_missing_Pod_setting()
    {
        var proc = FakeProc((Environment.ProcessId, 0, "dotnet", Handlers(1)));

        var failure = await Target(Hup, "nginx", null, proc).CheckReachabilityAsync(CancellationToken.None);

        Assert.Contains("shareProcessNamespace", failure?.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no process id")]
    [InlineData("nonsense", "no process id")]
    [InlineData("-5", "no process id")]
    [InlineData("2147483647", "no such process")]
    public async Task Pid_file_without_a_valid_process_id_is_reported(string content, string message)
    {
        File.WriteAllText(_directory["pid"], content);

        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_pid_file_is_reported()
    {
        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("cannot be read", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stale_pid_file_does_not_signal_the_new_owner_of_the_process_id()
    {
        await using var process = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping("HUP"));
        File.WriteAllText(_directory["pid"], $"{process.Id}");

        var result = await Target(Hup, "nginx", _directory["pid"], new ProcessTable())
            .DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("not named nginx", result.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Agent", true)]
    [InlineData("Agent.dll", true)]
    [InlineData("dotnet", true)]
    [InlineData("Agen", false)]
    [InlineData("app", false)]
    public void Process_of_an_interpreter_matches_the_name_of_its_script(string name, bool matches)
    {
        var process = new ProcessEntry(7, 1, "dotnet", ["/usr/bin/dotnet", "/app/Agent.dll", "--config", "app"], 1000, 1, null);

        Assert.Equal(matches, process.MatchesName(name));
    }

    private static ReloadSignal Hup => ReloadSignal.FindByName("HUP")!;

    private static string Handlers(int signal) => (1UL << (signal - 1)).ToString("x16", CultureInfo.InvariantCulture);

    private SignalTarget ByName(string signal = "HUP") => Target(ReloadSignal.FindByName(signal)!, _name, null, new ProcessTable());

    private SignalTarget ByPidFile() => Target(Hup, null, _directory["pid"], new ProcessTable());

    private static SignalTarget Target(ReloadSignal signal, string? processName, string? pidFile, ProcessTable processes) =>
        new(signal, new ProcessFinder(processName, pidFile, allowPid1: false, processes), processes);

    /// <summary>A proc file system with made-up processes; none of them is ever signaled.</summary>
    private ProcessTable FakeProc(params (int Id, int Parent, string Name, string Caught)[] processes)
    {
        foreach (var (id, parent, name, caught) in processes)
        {
            var directory = Directory.CreateDirectory(_directory[$"proc/{id}"]).FullName;
            File.WriteAllText(
                Path.Combine(directory, "status"),
                $"Name:\t{name}\nState:\tS (sleeping)\nPPid:\t{parent}\nUid:\t0\t0\t0\t0\nSigBlk:\t{0:x16}\nSigIgn:\t{0:x16}\nSigCgt:\t{caught}\n");
            File.WriteAllText(Path.Combine(directory, "stat"), $"{id} ({name}) S {parent} {string.Join(' ', Enumerable.Range(5, 30))}");
            File.WriteAllText(Path.Combine(directory, "cmdline"), $"/{name}\0");
        }

        return new ProcessTable(_directory["proc"]);
    }
}
