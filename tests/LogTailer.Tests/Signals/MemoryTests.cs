using System.Globalization;

namespace LogTailer.Tests.Signals;

/// <summary>Memory is limited for any content of the files and any behavior of the sink.</summary>
public sealed class MemoryTests : IDisposable
{
    // About 50 MB of it are the mapped files of the runtime.
    private const long Limit = 96L * 1024 * 1024;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The size of the line and of the backlog in megabytes: <c>LOG_TAILER_MEMORY_MB</c>, default 200.</summary>
    private static int Megabytes
        => int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_MEMORY_MB") ?? "200", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Giant_line_is_truncated_without_being_held_in_memory()
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
        await tailer.WaitForOutputAsync(2);

        Assert.EndsWith($"[truncated: the line has {Megabytes * 1024L * 1024} bytes]", tailer.Lines[0], StringComparison.Ordinal);
        Assert.Equal("after", tailer.Lines[1]);
        Assert.InRange(tailer.Process.PeakResidentBytes, 1, Limit);
    }

    [Fact]
    public async Task Backlog_stays_in_the_file_while_the_sink_is_down()
    {
        WriteLines("app.log", Megabytes * 5000);
        await using var tailer = TailerProcess.Start(
            _directory["app.log"], "--Sink:Type=http", "--Sink:Url=http://127.0.0.1:9", "--Sink:RetryUpTo=1s");

        await Eventually.AssertAsync(
            () => tailer.ReadMetricAsync("log_tailer_sink_retries_total").Result > 3, () => $"Nothing is retried. {tailer}");
        Assert.Equal(new FileInfo(_directory["app.log"]).Length, await tailer.ReadMetricAsync("log_tailer_lag_bytes"));
        Assert.InRange(tailer.Process.PeakResidentBytes, 1, Limit);
    }

    [Fact]
    public async Task Ten_thousand_files_are_followed_within_the_memory_limit()
    {
        const int Files = 10_000;
        var now = DateTime.UtcNow;

        for (var i = 0; i < Files; i++)
        {
            _directory.AppendToFile($"app_{i:d5}.log", $"{i}\n");
            File.SetLastWriteTimeUtc(_directory[$"app_{i:d5}.log"], now.AddSeconds(i - Files));
        }

        await using (var tailer = TailerProcess.Start(_directory["app_*.log"]))
        {
            await tailer.WaitForOutputAsync(Files);
            _directory.AppendToFile("app_09999.log", "last\n");
            await tailer.WaitForOutputAsync(Files + 1);

            Assert.Equal(Enumerable.Range(0, Files).Select(i => i.ToString(CultureInfo.InvariantCulture)).Append("last"), tailer.Lines);
            Assert.InRange(tailer.Process.PeakResidentBytes, 1, Limit);
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        // The second process starts with the positions of all files.
        await using var again = TailerProcess.Start(_directory["app_*.log"]);
        _directory.AppendToFile("app_09999.log", "after\n");
        await again.AssertOutputAsync("after");
        Assert.InRange(again.Process.PeakResidentBytes, 1, Limit);
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
