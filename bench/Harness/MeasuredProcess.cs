namespace Bench.Harness;

/// <summary>A process that a run starts and measures. Disposal asks it to exit, and kills it with its descendants if it does not.</summary>
internal sealed class MeasuredProcess : IAsyncDisposable
{
    private const int MaxLines = 10_000;

    private static readonly TimeSpan ShutdownDeadline = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;

    private MeasuredProcess(ChildProcess process) => _process = process;

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>The time since the start.</summary>
    public TimeSpan Age => _process.Age;

    /// <summary>The first lines of stdout, then those of stderr.</summary>
    public IReadOnlyList<string> Lines => _process.Lines;

    /// <summary>What the process and its descendants have used so far.</summary>
    public ProcessUsage Usage => ProcessAccounting.MeasureTree(Id);

    /// <summary>Starts a program and keeps its output.</summary>
    public static MeasuredProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var options = new ChildProcessOptions { Environment = environment ?? new Dictionary<string, string?>(), MaxLines = MaxLines };
        return new MeasuredProcess(ChildProcess.Start(program, arguments, options));
    }

    /// <summary>Runs a program until it exits and returns its output.</summary>
    /// <exception cref="BenchException">The exit code is not 0.</exception>
    public static async Task<IReadOnlyList<string>> RunToEndAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        await using var process = Start(program, arguments);
        await process.WaitForSuccessAsync(program, cancellationToken);
        return process.Lines;
    }

    /// <summary>Runs a program until it exits and measures elapsed time, CPU time, and peak memory of the process tree.</summary>
    /// <remarks>
    /// Peak memory is sampled every 20 ms. VmHWM never decreases, so only growth in the last 20 ms can be missed. CPU time is exact: the
    /// kernel reports it at the exit, including descendants whose parents waited for them.
    /// </remarks>
    /// <exception cref="BenchException">The exit code is not 0.</exception>
    public static async Task<Measurement> MeasureToEndAsync(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string?>? environment,
        CancellationToken cancellationToken)
    {
        var cpuBefore = ProcessAccounting.ReadExitedChildrenCpu();
        await using var process = Start(program, arguments, environment);
        var peaks = new Dictionary<int, long>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var exit = process.WaitForSuccessAsync(program, cancellationToken);
        var elapsed = TimeSpan.Zero;
        while (!exit.IsCompleted)
        {
            foreach (var id in ProcessAccounting.FindTree(process.Id))
            {
                peaks[id] = Math.Max(peaks.GetValueOrDefault(id), ProcessAccounting.ReadMemory(id).Peak);
            }

            await Task.WhenAny(exit, timer.WaitForNextTickAsync(cancellationToken).AsTask());
            elapsed = process.Age;
        }

        await exit;
        return new Measurement
        {
            [Metric.Elapsed] = elapsed.TotalSeconds,
            [Metric.Cpu] = ProcessAccounting.ReadExitedChildrenCpu() - cpuBefore,
            [Metric.PeakMemory] = peaks.Values.Sum(),
        };
    }

    /// <summary>Evaluates a condition every 5 ms until it is true.</summary>
    /// <returns>The age of the process at that moment.</returns>
    /// <exception cref="BenchException">The process exited, or the deadline passed.</exception>
    public async Task<TimeSpan> WaitUntilAsync(
        Func<Task<bool>> condition, string description, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            if (_process.HasExited)
            {
                throw new BenchException($"the process exited before {description}:\n{_process.DescribeOutput()}");
            }

            if (Age > deadline)
            {
                throw new BenchException($"not within {deadline.TotalSeconds:0} s: {description}:\n{_process.DescribeOutput()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }

        return Age;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited && _process.TrySendSignal(UnixSignal.Terminate))
        {
            try
            {
                await _process.WaitForExitAsync(ShutdownDeadline);
            }
            catch (TimeoutException)
            {
                // Still running: killed below.
            }
        }

        await _process.DisposeAsync();
    }

    private async Task WaitForSuccessAsync(string program, CancellationToken cancellationToken)
    {
        var exitCode = await _process.WaitForExitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
        if (exitCode != 0)
        {
            throw new BenchException($"{program} exited with code {exitCode}:\n{_process.DescribeOutput()}");
        }
    }
}
