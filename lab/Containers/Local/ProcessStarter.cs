using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Lab.Containers.Local;

/// <summary>
/// Starts processes that cannot outlive the lab. Each gets a session (and so a process group) of its own: a Ctrl-C in the
/// terminal reaches the lab alone, and one KILL reaches a container's children too. When the lab is killed, the kernel kills
/// the first process of each container (Linux: parent-death signal), and the <see cref="Watcher"/> the rest of its group.
/// </summary>
internal sealed class ProcessStarter : IDisposable
{
    // The parent-death signal is sent when the *thread* dies that forked, not the process: so one thread forks everything
    // and lives as long as the lab.
    private readonly BlockingCollection<Action> _work = [];
    private readonly Watcher _watcher;
    private readonly string[] _wrapper;

    public ProcessStarter()
        : this(FindWrapper())
    {
    }

    /// <param name="wrapper">The words before each command that give it a session and a parent-death signal.</param>
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
        _watcher = new Watcher(this);
    }

    /// <summary>The lab's own way to give a process a session: slower by the start of a .NET process, and everywhere there.</summary>
    internal static string[] OwnWrapper =>
    [
        ContainerCommand.Dotnet, typeof(ProcessStarter).Assembly.Location, CommandLine.CommandLineOptions.AsContainerVerb, Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
    ];

    public Task<Process> StartAsync(ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory) =>
        StartAsync(_wrapper, command, environment, workingDirectory, watched: true);

    /// <summary>A group whose processes are all gone is of no interest to the watcher any more.</summary>
    public void Forget(Process process) => _watcher.Forget(process.Id);

    public void Dispose()
    {
        _watcher.Dispose();
        _work.CompleteAdding();
    }

    /// <summary>Without session and death signal, and not told to the watcher: for the watcher itself.</summary>
    internal Task<Process> StartBareAsync(ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory) =>
        StartAsync([], command, environment, workingDirectory, watched: false);

    private Task<Process> StartAsync(string[] wrapper, ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory, bool watched)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                var process = Start(wrapper, command, environment, workingDirectory);
                if (watched)
                {
                    _watcher.Watch(process.Id);
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

    private static Process Start(string[] wrapper, ContainerCommand command, IReadOnlyDictionary<string, string> environment, string workingDirectory)
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

        return OperatingSystem.IsLinux() && HostPrograms.Find("setpriv") is { } setpriv && HostPrograms.Find("setsid") is { } setsid && KnowsDeathSignal(setpriv)
            ? [setpriv, "--pdeathsig", "KILL", setsid]
            : OwnWrapper;
    }

    // BusyBox has a setpriv that lacks the option.
    private static bool KnowsDeathSignal(string setpriv) => !Path.GetFileName(new FileInfo(setpriv).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? setpriv).Contains("busybox", StringComparison.Ordinal);
}
