using System.Globalization;
using System.Text;
using LogTailer.Tests.Sinks;

namespace LogTailer.Tests.Signals;

/// <summary>A writer that rotates, a store that fails a third of the time, a tailer that is killed again and again: nothing is lost.</summary>
public sealed class ChaosTests : IDisposable
{
    private const int RotateEvery = 30_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly Lock _lock = new();
    private readonly Random _random = new(1);
    private readonly List<int> _arrived = [];
    private int _requests;

    public void Dispose() => _directory.Dispose();

    /// <summary>SIGKILLs, half of them with each kind of rotation: <c>LOG_TAILER_CHAOS_KILLS</c>, default 20; about three seconds each.</summary>
    private static int Kills => FromEnvironment("LOG_TAILER_CHAOS_KILLS", 20) / 2;

    /// <summary>Numbered lines, half of them with each kind of rotation: <c>LOG_TAILER_CHAOS_LINES</c>, default 200 000; <c>.ci/run</c> has a million.</summary>
    private static int Lines => FromEnvironment("LOG_TAILER_CHAOS_LINES", 200_000) / 2;

    [Theory]
    [InlineData("by rename")]
    [InlineData("by size rolling")]
    public async Task Killed_again_and_again_it_loses_nothing_and_keeps_the_order_within_a_file(string rotation)
    {
        await using var store = await LogStore.StartAsync(Take, keeps: false);
        using var writer = new Writer(_directory, byRename: rotation == "by rename");

        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var tailer = Start(store);
            var before = Volatile.Read(ref _requests);
            // A share of the lines for each life, and the kill comes in the middle of it.
            var writing = Task.Run(() => writer.WriteUpTo((int)((long)Lines * kill / (Kills + 1))));
            await Eventually.HoldsAsync(() => Volatile.Read(ref _requests) > before + 3, () => $"Nothing is sent. {tailer}");
            await tailer.KillAsync();
            await writing;
        }

        writer.WriteUpTo(Lines);
        await using var last = Start(store, "--Tail:UntilEnd=true");
        await Eventually.HoldsAsync(() => last.HasExited, () => $"It does not come to the end. {last}", TimeSpan.FromMinutes(5));
        Assert.Equal(0, await last.ExitAsync());

        var seen = new bool[Lines];
        _arrived.ForEach(number => seen[number] = true);
        var missing = Enumerable.Range(0, Lines).Where(number => !seen[number]).Take(10).ToList();
        Assert.True(missing.Count == 0, $"lost: {string.Join(", ", missing)}…");

        // What was in flight at a kill comes again as a run: the numbers step back once a kill at the most.
        var stepsBack = _arrived.Zip(_arrived.Skip(1)).Count(pair => pair.Second <= pair.First);
        Assert.InRange(stepsBack, 0, Kills);
    }

    private static int FromEnvironment(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{otherwise}", CultureInfo.InvariantCulture);

    private Task Take(Microsoft.AspNetCore.Http.HttpContext context, LogStore.Request request)
    {
        lock (_lock)
        {
            _requests++;

            if (_random.Next(3) == 0)
            {
                context.Response.StatusCode = 503;
            }
            else
            {
                foreach (var line in request.Body.AsSpan().EnumerateLines())
                {
                    if (!line.IsEmpty)
                    {
                        _arrived.Add(int.Parse(line[..line.IndexOf(' ')], CultureInfo.InvariantCulture));
                    }
                }
            }
        }

        return Task.CompletedTask;
    }

    private TailerProcess Start(LogStore store, params string[] arguments) => TailerProcess.Start(
        _directory["app*.log*"], ["--Sink:Type=http", $"--Sink:Url={store.Url}", "--Sink:BatchWait=20ms", "--Sink:BatchBytes=64Ki", "--Sink:RetryFrom=5ms", "--Sink:RetryUpTo=50ms", .. arguments]);

    /// <summary>Writes numbered lines, each in a write of its own, and rotates every so many of them.</summary>
    private sealed class Writer(TemporaryDirectory directory, bool byRename) : IDisposable
    {
        private FileStream? _file;
        private int _number;

        public void WriteUpTo(int lines)
        {
            for (; _number < lines; _number++)
            {
                if (_file is null || _number % RotateEvery == 0)
                {
                    Rotate(_number / RotateEvery);
                }

                _file!.Write(Encoding.ASCII.GetBytes($"{_number} {new string('x', 60)}\n"));
            }
        }

        public void Dispose() => _file?.Dispose();

        private void Rotate(int file)
        {
            _file?.Dispose();

            if (byRename && file > 0)
            {
                directory.Rename("app.log", $"app.log.{file}");
            }

            _file = new FileStream(directory[byRename ? "app.log" : $"app_{file:d4}.log"], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
    }
}
