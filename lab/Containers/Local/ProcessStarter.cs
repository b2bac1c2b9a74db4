using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Lab.Containers.Local;

/// <summary>
/// Starts processes that cannot outlive the lab. Each one gets its own session and process group, so Ctrl-C in the terminal reaches
/// only the lab, and one SIGKILL also reaches the children of a container. When the lab is killed, the kernel kills the first process
/// of each container (parent-death signal on Linux), and the <see cref="ProcessGroupReaper"/> kills the rest of its group.
/// </summary>
internal sealed class ProcessStarter : IDisposable
{
    // The kernel sends the parent-death signal when the thread that forked exits, not the process. Therefore one thread starts all
    // processes and lives as long as the lab.
    private readonly BlockingCollection<Action> _work = [];
    private readonly ProcessGroupReaper _reaper;
    private readonly string[] _wrapper;

    public ProcessStarter()
        : this(FindWrapper())
    {
    }

    /// <param name="wrapper">A command prefix that gives each process its own session and a parent-death signal.</param>
    internal ProcessStarter(string[] wrapper)
    {
        _wrapper = wrapper;
        var thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
            {
                action();
            }
        })
        { IsBackground = true, Name = "process starter" };
        thread.Start();
        _reaper = new ProcessGroupReaper(this);
    }

    /// <summary>The first argument with which the lab starts itself in order to turn into a container.</summary>
    internal const string AsContainerVerb = "as-container";

    /// <summary>The lab's own wrapper: available everywhere, but slower because it starts a .NET process.</summary>
    internal static string[] OwnWrapper =>
    [
        ContainerCommand.DotnetHost,
        typeof(ProcessStarter).Assembly.Location,
        AsContainerVerb,
        Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Starts a process with the wrapper.</summary>
    public Task<Process> StartProcessAsync(
        ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory) =>
        EnqueueStartAsync(_wrapper, command, environment, workingDirectory, isReaped: true);

    /// <summary>Called when all processes of a group have exited: the reaper must not kill a new group with the same id.</summary>
    public void RemoveProcess(Process process) => _reaper.RemoveGroup(process.Id);

    public void Dispose()
    {
        _reaper.Dispose();
        _work.CompleteAdding();
    }

    /// <summary>Starts a process without the wrapper, for the reaper itself.</summary>
    internal Task<Process> StartUnwrappedAsync(
        ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory) =>
        EnqueueStartAsync([], command, environment, workingDirectory, isReaped: false);

    private Task<Process> EnqueueStartAsync(
        string[] wrapper,
        ContainerCommand command,
        IReadOnlyDictionary<string, string> environment,
        string workingDirectory,
        bool isReaped)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                var process = StartProcess(wrapper, command, environment, workingDirectory);
                if (isReaped)
                {
                    _reaper.AddGroup(process.Id);
                }

                started.SetResult(process);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task;
    }

    private static Process StartProcess(
        string[] wrapper, ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        string[] words = [.. wrapper, command.FileName, .. command.Arguments];
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static string[] FindWrapper()
    {
        if (OperatingSystem.IsWindows())
        {
            return [];
        }

        return OperatingSystem.IsLinux()
            && HostPrograms.FindProgram("setpriv") is { } setpriv
            && HostPrograms.FindProgram("setsid") is { } setsid
            && SupportsDeathSignal(setpriv)
            ? [setpriv, "--pdeathsig", "KILL", setsid]
            : OwnWrapper;
    }

    /// <summary>The setpriv of BusyBox does not have the option.</summary>
    private static bool SupportsDeathSignal(string setpriv)
    {
        var target = new FileInfo(setpriv).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? setpriv;
        return !Path.GetFileName(target).Contains("busybox", StringComparison.Ordinal);
    }
}
