using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TestKit;

/// <summary>A real process under test: its output as lines while it runs, signals, its exit code. Killed with its children on disposal.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = 2;

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Take(_output, e.Data);
        process.ErrorDataReceived += (_, e) => Take(_errors, e.Data);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The lines of stdout so far.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_output)
            {
                return [.. _output];
            }
        }
    }

    /// <summary>The lines of stderr so far.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Starts a .NET program: <c>dotnet ASSEMBLY ARGS</c>.</summary>
    public static ChildProcess DotNet(string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? directory = null) =>
        Start("dotnet", arguments.Prepend(assembly), environment, directory);

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its path, or its name on the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set, or to remove where the value is null.</param>
    /// <param name="directory">Its working directory.</param>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? directory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Sends SIGTERM, SIGINT, SIGHUP or SIGKILL by number.</summary>
    public void Signal(int signal)
    {
        if (!TrySignal(signal))
        {
            throw new InvalidOperationException($"signal {signal} to {_process.Id}: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Sends a signal, unless the process is gone already.</summary>
    public bool TrySignal(int signal) => Kill(_process.Id, signal) == 0;

    /// <summary>SIGTERM: end in order.</summary>
    public void Terminate() => Signal(15);

    /// <summary>Waits until it has ended and its output is read to the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(TimeSpan? deadline = null)
    {
        await _process.WaitForExitAsync().WaitAsync(deadline ?? Eventually.Deadline);
        await _drained.Task.WaitAsync(Eventually.Deadline);
        return _process.ExitCode;
    }

    /// <summary>Waits for a line of stdout or stderr that contains the text.</summary>
    public async Task SaysAsync(string text, TimeSpan? deadline = null)
    {
        bool Said() => Output.Concat(Errors).Any(l => l.Contains(text, StringComparison.Ordinal));
        string Missing() => $"a line with '{text}'. stdout:\n{string.Join('\n', Output)}\nstderr:\n{string.Join('\n', Errors)}";

        // A process that has ended and been read to its end says nothing more.
        await Eventually.HoldsAsync(() => Said() || _drained.Task.IsCompleted, Missing, deadline);
        if (!Said())
        {
            throw new InvalidOperationException($"ended before {Missing()}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    private void Take(List<string> lines, string? line)
    {
        if (line is null)
        {
            if (Interlocked.Decrement(ref _open) == 0)
            {
                _drained.TrySetResult();
            }

            return;
        }

        lock (lines)
        {
            lines.Add(line);
        }
    }
}
