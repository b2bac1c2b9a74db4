using System.Globalization;
using ConfigReloader.Targets;
using ConfigReloader.Tests.Support;
using TestKit;

namespace ConfigReloader.Tests.Targets;

public sealed class SignalTargetTests : IDisposable
{
    private static int _names;

    private readonly TemporaryDirectory _directory = new();

    // Short enough for the kernel's 15 characters, and of this test alone.
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"app{Environment.ProcessId}x{Interlocked.Increment(ref _names)}");

    private string Shell => field ??= ShellProcess.Named(_directory, _name);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("HUP")]
    [InlineData("SIGUSR1")]
    [InlineData("usr2")]
    public async Task A_process_that_is_found_by_its_name_gets_the_signal(string signal)
    {
        await using var process = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping(signal.ToUpperInvariant().Replace("SIG", "", StringComparison.Ordinal)));

        var result = await ByName(signal).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.HoldsAsync(() => process.Output.Count == 2, "the trap runs");
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task A_name_longer_than_the_kernel_keeps_is_found_by_the_program()
    {
        var name = _name + "-with-a-long-name";
        await using var process = await ShellProcess.StartAsync(ShellProcess.Named(_directory, name), ShellProcess.Trapping("HUP"));

        var result = await Target(Hup, name, null, new ProcessTable()).DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.HoldsAsync(() => process.Output.Count == 2, "the trap runs");
    }

    [Fact]
    public async Task Two_of_the_same_name_are_one_too_many_and_both_are_named()
    {
        await using var one = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping("HUP"));
        await using var other = await ShellProcess.StartAsync(Shell, ShellProcess.Trapping("HUP"));

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains($"{one.Id} (", result.Message, StringComparison.Ordinal);
        Assert.Contains($"{other.Id} (", result.Message, StringComparison.Ordinal);
        Assert.Contains("PidFile", result.Remedy, StringComparison.Ordinal);

        // Neither has heard of it, as the next signal shows.
        File.WriteAllText(_directory["pid"], $"{one.Id}\n");
        Assert.Equal(DeliveryOutcome.Delivered, (await ByPidFile().DeliverChangeAsync(CancellationToken.None)).Outcome);
        await Eventually.HoldsAsync(() => one.Output.Count == 2, "the one that is meant is signalled");
        Assert.Equal(["ready"], other.Output);
    }

    [Fact]
    public async Task Workers_of_the_same_name_are_their_master_s_business()
    {
        await using var master = await ShellProcess.StartAsync(
            Shell, $"trap 'echo reload' HUP; {Shell} -c 'while kill -0 $PPID; do sleep 0.02; done' & echo ready; {ShellProcess.UntilOrphaned}");
        await Eventually.HoldsAsync(() => new ProcessTable().ListProcesses().Count(process => process.MatchesName(_name)) == 2, "the worker runs");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        Assert.Contains($"{master.Id} (", result.Message, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => master.Output.Count == 2, "the master is signalled");
    }

    [Fact]
    public async Task A_process_without_a_handler_is_not_ended_by_a_hangup()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("no handler for SIGHUP", result.Message, StringComparison.Ordinal);
        Assert.False(process.HasExited);
    }

    [Fact]
    public async Task A_process_that_ignores_the_signal_is_noticed()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"trap '' HUP; echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("ignores SIGHUP", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signal_that_means_the_end_needs_no_handler()
    {
        await using var process = await ShellProcess.StartAsync(Shell, $"echo ready; {ShellProcess.UntilOrphaned}");

        var result = await ByName("TERM").DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Delivered, result.Outcome);
        await Eventually.HoldsAsync(() => process.HasExited, "the process ends");
    }

    [Fact]
    public async Task No_such_process_says_how_many_were_looked_at()
    {
        var result = await ByName().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains($"no process is named {_name}", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_never_signals_itself()
    {
        var own = new ProcessTable().FindProcess(Environment.ProcessId);
        Assert.NotNull(own);
        File.WriteAllText(_directory["pid"], $"{own.Id}");

        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("itself", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_1_is_not_signalled_unless_asked()
    {
        var proc = FakeProc((1, 0, "pause", Handlers(1)));

        var refused = await Target(Hup, "pause", null, proc).CheckReachabilityAsync(CancellationToken.None);
        Assert.Contains("AllowPid1", refused?.Remedy, StringComparison.Ordinal);
        File.WriteAllText(_directory["pid"], "1");
        refused = await Target(Hup, null, _directory["pid"], proc).CheckReachabilityAsync(CancellationToken.None);
        Assert.Contains("AllowPid1", refused?.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alone_in_its_process_namespace_it_says_what_the_Pod_lacks()
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
    public async Task A_pid_file_that_names_no_process_is_said(string content, string message)
    {
        File.WriteAllText(_directory["pid"], content);

        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pid_file_that_is_not_there_yet_is_said()
    {
        var result = await ByPidFile().DeliverChangeAsync(CancellationToken.None);

        Assert.Equal(DeliveryOutcome.Failed, result.Outcome);
        Assert.Contains("cannot be read", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stale_pid_file_does_not_hit_the_process_that_has_got_the_number()
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
    public void A_process_of_an_interpreter_is_called_by_what_it_runs(string name, bool called)
    {
        var process = new ProcessEntry(7, 1, "dotnet", ["/usr/bin/dotnet", "/app/Agent.dll", "--config", "app"], 1000, 1, null);

        Assert.Equal(called, process.MatchesName(name));
    }

    private static ReloadSignal Hup => ReloadSignal.FindByName("HUP")!;

    private static string Handlers(int signal) => (1UL << (signal - 1)).ToString("x16", CultureInfo.InvariantCulture);

    private SignalTarget ByName(string signal = "HUP") => Target(ReloadSignal.FindByName(signal)!, _name, null, new ProcessTable());

    private SignalTarget ByPidFile() => Target(Hup, null, _directory["pid"], new ProcessTable());

    private static SignalTarget Target(ReloadSignal signal, string? processName, string? pidFile, ProcessTable processes) =>
        new(signal, new ProcessFinder(processName, pidFile, allowPid1: false, processes), processes);

    /// <summary>A proc file system with other numbers than this machine's; nothing in it is ever signalled.</summary>
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
