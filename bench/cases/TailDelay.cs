using System.Diagnostics;
using System.Globalization;
using System.Text;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>How soon a line that is written comes out, and what it costs when none is.</summary>
internal sealed class TailDelay : IBenchCase
{
    private const int LinesPerSecond = 1000;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    /// <summary>Seconds of writing, and of rest after it: <c>BENCH_DELAY_SECONDS</c>, for a trial run; figures are told of the default.</summary>
    private static readonly int Seconds = int.Parse(Environment.GetEnvironmentVariable("BENCH_DELAY_SECONDS") ?? "20", CultureInfo.InvariantCulture);

    private static readonly Metric Median = new("delay, median", "ms");
    private static readonly Metric NinetyNinth = new("delay, 99 % under", "ms");
    private static readonly Metric Longest = new("delay, longest", "ms");
    private static readonly Metric BusyCpu = new("CPU while written to", "% of a core");
    private static readonly Metric IdleCpu = new("CPU at rest", "% of a core");

    public string Name => "tail-delay";

    public string Question => "How soon is a line that was appended on stdout, at 1000 lines a second, and what does following cost at rest?";

    public string Conditions =>
        $"""
        One writer appends {LinesPerSecond} lines a second for {Seconds} s, each in a write of its own; another thread reads the
        contender's stdout. The delay of a line is from before its write until it is read. Then nothing is written for as long, and
        the CPU time of that is taken. Both start {Settling.TotalSeconds:0} s after the contender has shipped its first line.
        """;

    public IEnumerable<Need> Needs(Repository repository) => [Need.Path(repository, "sidecars/log-tailer/LogTailerOptions.cs")];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var tailer = await workspace.PublishAsync("sidecars/log-tailer", cancellationToken);
        var (log, checkpoint) = (workspace["delay.log"], workspace["delay-checkpoint.json"]);
        return
        [
            new Contender("log-tailer", "sink stdout, checkpoint on, as its image has it", token => RunAsync(
                tailer, [$"--LOG_FILE={log}", $"--Checkpoint:Path={checkpoint}", "--Management:Port=0", "--Listen:Address=localhost"], log, checkpoint, token)),
            new Contender("tail", "`tail -n +1 -F FILE`", token => RunAsync("tail", ["-n", "+1", "-F", log], log, checkpoint, token)) with { Needs = [Need.Program("tail")] },
        ];
    }

    private static async Task<Measurement> RunAsync(string program, string[] arguments, string log, string checkpoint, CancellationToken cancellationToken)
    {
        File.Delete(checkpoint);
        await File.WriteAllTextAsync(log, "-1\n", cancellationToken);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new BenchException($"{program} did not start");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();

        try
        {
            var count = Seconds * LinesPerSecond;
            var arrived = new long[count];
            using var first = new SemaphoreSlim(0);
            using var all = new SemaphoreSlim(0);
            // Threads of their own: what waits in a pool would be counted as delay.
            new Thread(() => Read(process.StandardOutput.BaseStream, arrived, first, all)) { IsBackground = true }.Start();
            await ArriveAsync(first, program, cancellationToken);
            await Task.Delay(Settling, cancellationToken);

            var written = new long[count];
            var before = ProcessAccounting.Usage(process.Id).CpuSeconds;
            var began = Stopwatch.GetTimestamp();
            await Task.Factory.StartNew(() => Write(log, written, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await ArriveAsync(all, program, cancellationToken);
            var busy = (ProcessAccounting.Usage(process.Id).CpuSeconds - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;

            await Task.Delay(Settling, cancellationToken);
            before = ProcessAccounting.Usage(process.Id).CpuSeconds;
            await Task.Delay(TimeSpan.FromSeconds(Seconds), cancellationToken);
            var idle = (ProcessAccounting.Usage(process.Id).CpuSeconds - before) / Seconds;

            var delays = written.Zip(arrived, (w, a) => Stopwatch.GetElapsedTime(w, a).TotalMilliseconds).Order().ToArray();
            return new Measurement
            {
                [Median] = delays[count / 2],
                [NinetyNinth] = delays[count * 99 / 100],
                [Longest] = delays[^1],
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

    private static async Task ArriveAsync(SemaphoreSlim arrival, string program, CancellationToken cancellationToken)
    {
        if (!await arrival.WaitAsync(TimeSpan.FromMinutes(1), cancellationToken))
        {
            throw new BenchException($"{program} has not shipped every line within a minute");
        }
    }

    private static void Write(string log, long[] written, CancellationToken cancellationToken)
    {
        using var file = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var filler = new string('x', 280);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < written.Length; i++)
        {
            // Who comes late writes at once, so that the rate is kept.
            while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < i)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Thread.Sleep(1);
            }

            var line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{i} {filler}\n"));
            written[i] = Stopwatch.GetTimestamp();
            file.Write(line);
        }
    }

    private static void Read(Stream output, long[] arrived, SemaphoreSlim first, SemaphoreSlim all)
    {
        var buffer = new byte[64 * 1024];
        var next = -1;
        int read;
        while ((read = output.Read(buffer)) > 0)
        {
            var now = Stopwatch.GetTimestamp();
            foreach (var _ in buffer.AsSpan(0, read).ToArray().Where(b => b == '\n'))
            {
                if (next >= 0 && next < arrived.Length)
                {
                    arrived[next] = now;
                }

                next++;
                if (next == 0)
                {
                    first.Release();
                }
                else if (next == arrived.Length)
                {
                    all.Release();
                }
            }
        }
    }
}
