using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TestKit;

/// <summary>
/// A real process under test: its output while it runs, its signals, its exit code. Signals that the test process ignores have
/// their default action in the child. Disposal kills the process and its descendants.
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly OutputLines _output;
    private readonly OutputLines _errors;
    private readonly Task _readingErrors;
    private readonly long _started = Stopwatch.GetTimestamp();
    private Task? _readingOutput;

    private ChildProcess(Process process, ChildProcessOptions options)
    {
        _process = process;
        _output = new OutputLines(process.StandardOutput, options.MaxLines);
        _errors = new OutputLines(process.StandardError, options.MaxLines);
        _readingErrors = Task.Run(_errors.ReadToEndAsync);
        if (!options.LeavesOutputUnread)
        {
            StartReadingOutput();
        }
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has exited.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The time since the start.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    /// <summary>The lines of stdout so far.</summary>
    public IReadOnlyList<string> Output => _output.Lines;

    /// <summary>The number of lines of stdout so far, without copying them.</summary>
    public int OutputCount => _output.Count;

    /// <summary>The lines of stderr so far.</summary>
    public IReadOnlyList<string> Errors => _errors.Lines;

    /// <summary>The lines of stdout, then those of stderr.</summary>
    public IReadOnlyList<string> Lines => [.. Output, .. Errors];

    /// <summary>User and system time of the process.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory now, in bytes, as Linux reports it.</summary>
    public long ResidentBytes => ReadMemory("VmRSS:");

    /// <summary>The highest resident memory so far, in bytes, as Linux reports it.</summary>
    public long PeakResidentBytes => ReadMemory("VmHWM:");

    private bool IsReadToEnd => _readingErrors.IsCompleted && _readingOutput is { IsCompleted: true };

    /// <summary>Starts a .NET program: <c>dotnet ASSEMBLY ARGUMENTS</c>.</summary>
    public static ChildProcess DotNet(
        string assembly,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null) =>
        Start("dotnet", arguments.Prepend(assembly), environment, directory);

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its path, or its name on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables to set, or to remove where the value is null.</param>
    /// <param name="directory">Its working directory.</param>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? directory = null)
    {
        var options = new ChildProcessOptions { Environment = environment ?? new Dictionary<string, string?>(), Directory = directory };
        return Start(program, arguments, options);
    }

    /// <inheritdoc cref="Start(string, IEnumerable{string}, IReadOnlyDictionary{string, string?}?, string?)"/>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, ChildProcessOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = options.OutputEncoding,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = options.Directory ?? "",
        };
        foreach (var (name, value) in options.Environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(StartProcess(start), options);
    }

    /// <summary>
    /// Starts a process as described, with default actions for the signals that the test process ignores. For tests that need
    /// the <see cref="Process"/> itself.
    /// </summary>
    public static Process StartProcess(ProcessStartInfo start) => SignalDispositions.StartWithDefaults(() => Process.Start(start)!);

    /// <summary>Sends a signal; see <see cref="UnixSignal"/> for the numbers.</summary>
    /// <exception cref="InvalidOperationException">The process does not exist.</exception>
    public void SendSignal(int signal)
    {
        if (!TrySendSignal(signal))
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {Id}.");
        }
    }

    /// <summary>Sends a signal unless the process is gone already.</summary>
    public bool TrySendSignal(int signal) => UnixSignal.TrySend(Id, signal);

    /// <summary>Sends SIGTERM, which asks for an orderly shutdown.</summary>
    public void Terminate() => SendSignal(UnixSignal.Terminate);

    /// <summary>Sends SIGTERM and waits for the exit.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> TerminateAsync(TimeSpan? deadline = null)
    {
        Terminate();
        return WaitForExitAsync(deadline);
    }

    /// <summary>Kills the process without its descendants, as the kernel does when memory runs out, and waits for the exit.</summary>
    public Task<int> KillAsync()
    {
        TrySendSignal(UnixSignal.Kill);
        return WaitForExitAsync();
    }

    /// <summary>Starts to read stdout if <see cref="ChildProcessOptions.LeavesOutputUnread"/> left it unread.</summary>
    public void StartReadingOutput() => _readingOutput ??= Task.Run(_output.ReadToEndAsync);

    /// <summary>Closes this side of stdout: the next write of the process fails with EPIPE.</summary>
    public void CloseOutput() => _process.StandardOutput.Close();

    /// <summary>Waits until the process has exited and its output is read completely.</summary>
    /// <returns>The exit code; 128 plus the signal's number if a signal killed the process.</returns>
    /// <exception cref="TimeoutException">The process still runs at the deadline; the message contains its last lines.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan? deadline = null, CancellationToken cancellationToken = default)
    {
        try
        {
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(deadline ?? Eventually.Deadline, cancellationToken);
            await Task.WhenAll(_readingErrors, _readingOutput ?? Task.CompletedTask).WaitAsync(Eventually.Deadline, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"Process {Id} has not exited and closed its output. {DescribeOutput()}", exception);
        }

        return _process.ExitCode;
    }

    /// <summary>Waits for a line of stdout or stderr that contains <paramref name="text"/>.</summary>
    /// <returns>The first such line.</returns>
    /// <exception cref="InvalidOperationException">The process exited without writing such a line.</exception>
    public async Task<string> WaitForLineAsync(string text, TimeSpan? deadline = null)
    {
        string? FindLine() => Lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
        await Eventually.AssertAsync(
            () => FindLine() is not null || IsReadToEnd, () => $"a line with '{text}'. {DescribeOutput()}", deadline);
        return FindLine() ?? throw new InvalidOperationException($"The process exited without a line with '{text}'. {DescribeOutput()}");
    }

    /// <summary>The last lines of both streams, for a failure message.</summary>
    public string DescribeOutput(int lines = 40) =>
        $"stdout:\n{string.Join('\n', Output.TakeLast(lines))}\nstderr:\n{string.Join('\n', Errors.TakeLast(lines))}";

    /// <summary>Kills the process and its descendants if they still run.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private long ReadMemory(string key) => 1024 * long.Parse(
        File.ReadLines($"/proc/{Id}/status")
            .Single(line => line.StartsWith(key, StringComparison.Ordinal))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
