using System.Globalization;

namespace LogTailer.Tests.Signals;

/// <summary>Behaviours 5 and 18: whatever the files hold and whatever the sink does, memory stays where it is.</summary>
public sealed class MemoryTests : IDisposable
{
    // The runtime's own mapped files are about 50 MB of it.
    private const long Limit = 96L * 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Megabytes of the giants: <c>LOG_TAILER_MEMORY_MB</c>, default 200; 1024 for the whole proof.</summary>
    private static int Megabytes => int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_MEMORY_MB") ?? "200", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_giant_line_is_cut_without_being_held()
    {
        using (var stream = new FileStream(_directory["app.log"], FileMode.Create))
        {
            var part = new byte[1024 * 1024];
            part.AsSpan().Fill((byte)'x');

            for (var i = 0; i < Megabytes; i++)
            {
                stream.Write(part);
            }

            stream.Write("\nafter\n"u8);
        }

        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.Prints(2);

        Assert.EndsWith($"[truncated: the line has {Megabytes * 1024L * 1024} bytes]", tailer.Lines[0], StringComparison.Ordinal);
        Assert.Equal("after", tailer.Lines[1]);
        Assert.InRange(tailer.PeakResidentBytes, 1, Limit);
    }

    [Fact]
    public async Task A_backlog_with_the_sink_down_stays_in_the_file()
    {
        WriteLines("app.log", Megabytes * 5000);
        await using var tailer = TailerProcess.Start(_directory["app.log"], "--Sink:Type=http", "--Sink:Url=http://127.0.0.1:9", "--Sink:RetryUpTo=1s");

        await Eventually.HoldsAsync(() => tailer.Metric("log_tailer_sink_retries_total").Result > 3, () => $"It does not try. {tailer}");
        Assert.Equal(new FileInfo(_directory["app.log"]).Length, await tailer.Metric("log_tailer_lag_bytes"));
        Assert.InRange(tailer.PeakResidentBytes, 1, Limit);
    }

    [Fact]
    public async Task Ten_thousand_files_under_the_glob_are_followed_in_little_memory()
    {
        const int Files = 10_000;
        var now = DateTime.UtcNow;

        for (var i = 0; i < Files; i++)
        {
            _directory.Append($"app_{i:d5}.log", $"{i}\n");
            File.SetLastWriteTimeUtc(_directory[$"app_{i:d5}.log"], now.AddSeconds(i - Files));
        }

        await using (var tailer = TailerProcess.Start(_directory["app_*.log"]))
        {
            await tailer.Prints(Files);
            _directory.Append("app_09999.log", "last\n");
            await tailer.Prints(Files + 1);

            Assert.Equal(Enumerable.Range(0, Files).Select(i => i.ToString(CultureInfo.InvariantCulture)).Append("last"), tailer.Lines);
            Assert.InRange(tailer.PeakResidentBytes, 1, Limit);
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        // With the positions of all of them.
        await using var again = TailerProcess.Start(_directory["app_*.log"]);
        _directory.Append("app_09999.log", "after\n");
        await again.Prints("after");
        Assert.InRange(again.PeakResidentBytes, 1, Limit);
    }

    private void WriteLines(string name, int count)
    {
        using var writer = new StreamWriter(_directory[name]);
        var filler = new string('x', 190);

        for (var i = 0; i < count; i++)
        {
            writer.Write(i);
            writer.Write(' ');
            writer.Write(filler);
            writer.Write('\n');
        }
    }
}
