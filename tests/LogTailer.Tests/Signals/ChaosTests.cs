using System.Globalization;
using System.Text;
using LogTailer.Tests.Sinks;
using Xunit.Abstractions;

namespace LogTailer.Tests.Signals;

/// <summary>
/// A rotating writer, a store that fails a third of all requests, and a tailer that is killed repeatedly: no line is lost.
/// </summary>
public sealed class ChaosTests : IDisposable
{
    private const int RotateEvery = 30_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly Lock _lock = new();
    private readonly RandomSource _random;
    private readonly List<int> _arrived = [];
    private int _requests;

    public ChaosTests(ITestOutputHelper output) => _random = RandomSource.Create(output);

    public void Dispose() => _directory.Dispose();

    /// <summary>
    /// The number of SIGKILLs per kind of rotation: half of <c>LOG_TAILER_CHAOS_KILLS</c>, default 20; about three seconds each.
    /// </summary>
    private static int Kills => ReadVariable("LOG_TAILER_CHAOS_KILLS", 20) / 2;

    /// <summary>
    /// The number of lines per kind of rotation: half of <c>LOG_TAILER_CHAOS_LINES</c>, default 200 000; <c>.ci/run</c> uses a million.
    /// </summary>
    private static int Lines => ReadVariable("LOG_TAILER_CHAOS_LINES", 200_000) / 2;

    [Theory]
    [InlineData("by rename")]
    [InlineData("by size rolling")]
    public async Task Repeated_kills_lose_nothing_and_keep_the_order_within_a_file(string rotation)
    {
        await using var store = await LogStore.StartAsync(CollectLinesAsync, keepsRequests: false);
        using var writer = new Writer(_directory, byRename: rotation == "by rename");

        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var tailer = Start(store);
            var before = Volatile.Read(ref _requests);
            // Each process gets a share of the lines, and is killed while it ships them.
            var writing = Task.Run(() => writer.WriteLinesUpTo((int)((long)Lines * kill / (Kills + 1))));
            await Eventually.AssertAsync(() => Volatile.Read(ref _requests) > before + 3, () => $"No request was sent. {tailer}");
            await tailer.KillAsync();
            await writing;
        }

        writer.WriteLinesUpTo(Lines);
        await using var last = Start(store, "--Tail:UntilEnd=true");
        await Eventually.AssertAsync(
            () => last.Process.HasExited, () => $"The last process does not exit. {last}", TimeSpan.FromMinutes(5));
        Assert.Equal(0, await last.WaitForExitAsync());

        var seen = new bool[Lines];
        _arrived.ForEach(number => seen[number] = true);
        var missing = Enumerable.Range(0, Lines).Where(number => !seen[number]).Take(10).ToList();
        Assert.True(missing.Count == 0, $"lost: {string.Join(", ", missing)}…");

        // Lines in flight at a kill are repeated in order, so the numbers go back at most once per kill.
        var stepsBack = _arrived.Zip(_arrived.Skip(1)).Count(pair => pair.Second <= pair.First);
        Assert.InRange(stepsBack, 0, Kills);
    }

    private static int ReadVariable(string name, int defaultValue)
        => int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{defaultValue}", CultureInfo.InvariantCulture);

    private Task CollectLinesAsync(Microsoft.AspNetCore.Http.HttpContext context, LogStore.Request request)
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

    /// <summary>Writes numbered lines, each with a separate write, and rotates regularly.</summary>
    private sealed class Writer(TemporaryDirectory directory, bool byRename) : IDisposable
    {
        private FileStream? _file;
        private int _number;

        public void WriteLinesUpTo(int lines)
        {
            for (; _number < lines; _number++)
            {
                if (_file is null || _number % RotateEvery == 0)
                {
                    RotateFile(_number / RotateEvery);
                }

                _file!.Write(Encoding.ASCII.GetBytes($"{_number} {new string('x', 60)}\n"));
            }
        }

        public void Dispose() => _file?.Dispose();

        private void RotateFile(int file)
        {
            _file?.Dispose();

            if (byRename && file > 0)
            {
                directory.RenameFile("app.log", $"app.log.{file}");
            }

            _file = new FileStream(
                directory[byRename ? "app.log" : $"app_{file:d4}.log"],
                FileMode.Append,
                FileAccess.Write,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0);
        }
    }
}
