using System.Diagnostics;
using System.Globalization;
using System.Text;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The delay between writing a line and its output, and the CPU time while nothing is written.</summary>
internal sealed class TailDelay : IBenchCase
{
    private const int LinesPerSecond = 1000;

    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Seconds with writes, and seconds without. <c>BENCH_DELAY_SECONDS</c> changes it for a trial; published figures use the
    /// default.
    /// </summary>
    private static readonly int Seconds =
        int.Parse(Environment.GetEnvironmentVariable("BENCH_DELAY_SECONDS") ?? "20", CultureInfo.InvariantCulture);

    private static readonly Metric MedianDelay = new("delay, median", "ms");
    private static readonly Metric P99Delay = new("delay, p99", "ms");
    private static readonly Metric LongestDelay = new("delay, longest", "ms");
    private static readonly Metric BusyCpu = new("CPU at 1000 lines/s", "% of a core");
    private static readonly Metric IdleCpu = new("CPU when idle", "% of a core");

    public string Name => "tail-delay";

    public string Question =>
        "How soon does an appended line reach stdout at 1000 lines per second, and how much does following cost when idle?";

    public string Conditions =>
        $"""
        One writer appends {LinesPerSecond} lines per second for {Seconds} s, each with a separate write; another thread reads the
        contender's stdout. The delay of a line is the time from just before its write until it is read. Then nothing is written
        for the same time, and the CPU time is measured. Both phases start {SettlingTime.TotalSeconds:0} s after the previous one.
        """;

    public IEnumerable<Requirement> Requirements => [Requirement.ForPath("sidecars/log-tailer/LogTailer.csproj")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var tailer = await workspace.PublishProjectAsync("sidecars/log-tailer", cancellationToken);
        var (log, checkpoint) = (workspace["delay.log"], workspace["delay-checkpoint.json"]);
        string[] tailerArguments =
        [
            $"--LOG_FILE={log}", $"--Checkpoint:Path={checkpoint}", "--Management:Port=0", "--Listen:Address=localhost",
        ];
        return
        [
            new Contender("log-tailer", "stdout sink, checkpoint on, as in its image", token =>
                RunAsync(tailer, tailerArguments, log, checkpoint, token)),
            new Contender("tail", "`tail -n +1 -F FILE`", token => RunAsync("tail", ["-n", "+1", "-F", log], log, checkpoint, token))
            {
                Requirements = [Requirement.ForProgram("tail")],
            },
        ];
    }

    private static async Task<Measurement> RunAsync(
        string program, string[] arguments, string log, string checkpoint, CancellationToken cancellationToken)
    {
        File.Delete(checkpoint);
        await File.WriteAllTextAsync(log, "-1\n", cancellationToken);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = ChildProcess.StartProcess(start);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();

        try
        {
            var count = Seconds * LinesPerSecond;
            var readTimes = new long[count];
            using var firstLineRead = new SemaphoreSlim(0);
            using var allLinesRead = new SemaphoreSlim(0);
            // Dedicated threads: waiting for a thread of the pool would count as delay.
            var output = process.StandardOutput.BaseStream;
            new Thread(() => ReadLines(output, readTimes, firstLineRead, allLinesRead)) { IsBackground = true }.Start();
            await WaitForLinesAsync(firstLineRead, program, cancellationToken);
            await Task.Delay(SettlingTime, cancellationToken);

            var writeTimes = new long[count];
            var before = ProcessAccounting.MeasureTree(process.Id).CpuSeconds;
            var started = Stopwatch.GetTimestamp();
            await Task.Factory.StartNew(
                () => WriteLines(log, writeTimes, cancellationToken),
                cancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            await WaitForLinesAsync(allLinesRead, program, cancellationToken);
            var busy = (ProcessAccounting.MeasureTree(process.Id).CpuSeconds - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;

            await Task.Delay(SettlingTime, cancellationToken);
            before = ProcessAccounting.MeasureTree(process.Id).CpuSeconds;
            await Task.Delay(TimeSpan.FromSeconds(Seconds), cancellationToken);
            var idle = (ProcessAccounting.MeasureTree(process.Id).CpuSeconds - before) / Seconds;

            var delays = writeTimes
                .Zip(readTimes, (write, read) => Stopwatch.GetElapsedTime(write, read).TotalMilliseconds)
                .Order()
                .ToArray();
            return new Measurement
            {
                [MedianDelay] = delays[count / 2],
                [P99Delay] = delays[count * 99 / 100],
                [LongestDelay] = delays[^1],
                [BusyCpu] = busy * 100,
                [IdleCpu] = idle * 100,
            };
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task WaitForLinesAsync(SemaphoreSlim linesRead, string program, CancellationToken cancellationToken)
    {
        if (!await linesRead.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken))
        {
            throw new BenchException($"{program} has not shipped every line within a minute");
        }
    }

    private static void WriteLines(string log, long[] writeTimes, CancellationToken cancellationToken)
    {
        using var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var filler = new string('x', 280);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < writeTimes.Length; i++)
        {
            // A writer that is late does not wait, so that the average rate is kept.
            while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < i)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Thread.Sleep(1);
            }

            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{i} {filler}\n"));
            writeTimes[i] = Stopwatch.GetTimestamp();
            file.Write(line);
        }
    }

    private static void ReadLines(Stream output, long[] readTimes, SemaphoreSlim firstLineRead, SemaphoreSlim allLinesRead)
    {
        var buffer = new byte[64 * 1024];
        var next = -1;
        int read;
        while ((read = output.Read(buffer)) > 0)
        {
            var now = Stopwatch.GetTimestamp();
            var lines = buffer.AsSpan(0, read).Count((byte)'\n');
            for (var i = 0; i < lines; i++)
            {
                if (next >= 0 && next < readTimes.Length)
                {
                    readTimes[next] = now;
                }

                next++;
                if (next == 0)
                {
                    firstLineRead.Release();
                }
                else if (next == readTimes.Length)
                {
                    allLinesRead.Release();
                }
            }
        }
    }
}
