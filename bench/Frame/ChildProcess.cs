using System.Diagnostics;
using System.Globalization;

namespace Bench.Frame;

/// <summary>A process that a run starts, accounts for, and always ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly long _started = Stopwatch.GetTimestamp();

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Since the start.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_started);

    /// <summary>What it has printed so far, both streams.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Used so far by it and its descendants.</summary>
    public ProcessUsage Usage => ProcessAccounting.Usage(Id);

    /// <summary>Starts a program whose output is kept.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start"));
        child._process.OutputDataReceived += child.Keep;
        child._process.ErrorDataReceived += child.Keep;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    /// <exception cref="BenchException">It did not exit with 0.</exception>
    public static async Task<IReadOnlyList<string>> OutputOfAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var child = Start(program, arguments);
        await child._process.WaitForExitAsync(cancellationToken);
        child.ThrowIfFailed(program);
        return child.Lines;
    }

    /// <summary>Runs a program to its end and accounts for it: time, CPU time, peak memory of the tree.</summary>
    /// <remarks>
    /// The peak is sampled while it runs, and as VmHWM only grows, the last sample before the end is the peak but for the
    /// last milliseconds. CPU time is what the kernel hands over at the end, exactly, descendants that were waited for included.
    /// </remarks>
    /// <exception cref="BenchException">It did not exit with 0.</exception>
    public static async Task<Measurement> MeasureToEndAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, CancellationToken cancellationToken)
    {
        var cpuBefore = ProcessAccounting.EndedChildrenCpu();
        await using var child = Start(program, arguments, environment);
        var peaks = new Dictionary<int, long>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var end = child._process.WaitForExitAsync(cancellationToken);
        var ended = TimeSpan.Zero;
        while (!end.IsCompleted)
        {
            foreach (var id in ProcessAccounting.Tree(child.Id))
            {
                peaks[id] = Math.Max(peaks.GetValueOrDefault(id), ProcessAccounting.Memory(id).Peak);
            }

            await Task.WhenAny(end, timer.WaitForNextTickAsync(cancellationToken).AsTask());
            ended = child.Age;
        }

        await end;
        child.ThrowIfFailed(program);
        return new Measurement
        {
            [Metric.Elapsed] = ended.TotalSeconds,
            [Metric.Cpu] = ProcessAccounting.EndedChildrenCpu() - cpuBefore,
            [Metric.PeakMemory] = peaks.Values.Sum(),
        };
    }

    /// <summary>Polls until the condition holds, and returns the process's age then.</summary>
    /// <exception cref="BenchException">The process ended, or the deadline passed.</exception>
    public async Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, string what, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            if (_process.HasExited)
            {
                throw new BenchException($"the process ended with {_process.ExitCode} before {what}:\n{Tail()}");
            }

            if (Age > deadline)
            {
                throw new BenchException($"not within {deadline.TotalSeconds:0} s: {what}:\n{Tail()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return Age;
    }

    /// <summary>SIGTERM, and SIGKILL for the whole tree if that is not heeded.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var terminate = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
            using var grace = new CancellationTokenSource(Grace);
            try
            {
                await _process.WaitForExitAsync(grace.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        const int kept = 10_000;
        lock (_lines)
        {
            if (line.Data is not null && _lines.Count < kept)
            {
                _lines.Add(line.Data);
            }
        }
    }

    private void ThrowIfFailed(string program)
    {
        if (_process.ExitCode != 0)
        {
            throw new BenchException($"{program} ended with {_process.ExitCode}:\n{Tail()}");
        }
    }

    private string Tail() => string.Join('\n', Lines.TakeLast(20));
}
