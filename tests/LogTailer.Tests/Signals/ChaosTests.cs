using System.Globalization;
using System.Text;
using LogTailer.Tests.Sinks;

namespace LogTailer.Tests.Signals;

/// <summary>A writer that rotates, a store that fails a third of the time, a tailer that is killed again and again: nothing is lost.</summary>
public sealed class ChaosTests : IDisposable
{
    private const int RotateEvery = 20_000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Kills: <c>LOG_TAILER_CHAOS_KILLS</c>, default 20; about two seconds each.</summary>
    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_CHAOS_KILLS") ?? "20", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("by rename")]
    [InlineData("by size rolling")]
    public async Task Killed_again_and_again_it_loses_nothing_and_keeps_the_order_within_a_file(string rotation)
    {
        var random = new Random(1);
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            lock (random)
            {
                // Some failures come after the lines have been taken, as in life.
                context.Response.StatusCode = random.Next(3) == 0 ? 503 : 200;
            }

            return Task.CompletedTask;
        });
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() => WriteAsync(rotation == "by rename", stop.Token));

        for (var kill = 0; kill < Kills / 2; kill++)
        {
            await using var tailer = Start(store);
            var before = store.Requests.Count;
            await Eventually.HoldsAsync(() => store.Requests.Count > before + 3, () => $"Nothing is sent. {tailer}");
            await tailer.KillAsync();
        }

        await stop.CancelAsync();
        var written = await writing;
        await using var last = Start(store, "--Tail:UntilEnd=true");
        Assert.Equal(0, await last.ExitAsync());

        var arrived = store.Lines.ConvertAll(Number);
        var missing = Enumerable.Range(0, written).Except(arrived).Take(10).ToList();
        Assert.True(missing.Count == 0, $"{written} written, lost: {string.Join(", ", missing)}…");
        Assert.Equal(written, arrived.Max() + 1);

        // What was in flight at a kill comes again as a run: a step back happens once a kill at the most.
        var stepsBack = arrived.Zip(arrived.Skip(1)).Count(pair => pair.Second <= pair.First);
        Assert.InRange(stepsBack, 0, Kills / 2 * 2);
    }

    private static int Number(string line) => int.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    private TailerProcess Start(LogStore store, params string[] arguments) => TailerProcess.Start(
        _directory["app*.log*"], ["--Sink:Type=http", $"--Sink:Url={store.Url}", "--Sink:BatchWait=20ms", "--Sink:BatchBytes=64Ki", "--Sink:RetryFrom=5ms", "--Sink:RetryUpTo=50ms", "--Console:Format=json", .. arguments]);

    private async Task<int> WriteAsync(bool byRename, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        var number = 0;

        for (var file = 0; !stop.IsCancellationRequested; file++)
        {
            var name = byRename ? "app.log" : $"app_{file:d4}.log";

            if (byRename && file > 0)
            {
                _directory.Rename("app.log", $"app.log.{file}");
            }

            await using var stream = new FileStream(_directory[name], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

            for (var line = 0; line < RotateEvery && !stop.IsCancellationRequested; line++)
            {
                stream.Write(Encoding.ASCII.GetBytes($"{number++} {new string('x', 60)}\n"));

                if (line % 50 == 0)
                {
                    await timer.WaitForNextTickAsync(CancellationToken.None);
                }
            }
        }

        return number;
    }
}
