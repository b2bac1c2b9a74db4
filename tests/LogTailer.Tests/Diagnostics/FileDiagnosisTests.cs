using LogTailer.Files;

namespace LogTailer.Tests.Diagnostics;

/// <summary>Problems with the log file in <c>/statusz</c> and <c>check</c>: cause and remedy.</summary>
public sealed class FileDiagnosisTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Directory_at_the_file_path_is_reported_until_it_is_replaced()
    {
        Directory.CreateDirectory(_directory["app.log/really"]);
        await using var tailer = TailerProcess.Start(_directory["app.log"]);

        await AssertProblemAsync(tailer, "is a directory");
        Directory.Delete(_directory["app.log"], recursive: true);
        _directory.AppendToFile("app.log", "1\n");

        await tailer.AssertOutputAsync("1");
        await AssertNoProblemAsync(tailer);
        Assert.Equal(200, await tailer.ProbeAsync("/readyz"));
    }

    [Fact]
    public async Task Missing_mount_is_reported_with_the_existing_directories()
    {
        Directory.CreateDirectory(_directory["var/log/other"]);
        var path = _directory["var/log/app/app.log"];
        await using var tailer = TailerProcess.Start(path, $"--Checkpoint:Path={_directory["checkpoint.json"]}");

        await AssertProblemAsync(tailer, "It contains: other");
        Assert.Equal(200, await tailer.ProbeAsync("/readyz"));
        Directory.CreateDirectory(_directory["var/log/app"]);
        await File.WriteAllTextAsync(path, "1\n");

        await tailer.AssertOutputAsync("1");
        await AssertNoProblemAsync(tailer);
    }

    [Fact]
    public async Task Unreadable_file_is_reported_with_uid_and_mode_and_retried()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);
        await using var tailer = TailerProcess.StartThrough(Unprivileged, _directory["app.log"]);

        await AssertProblemAsync(tailer, $"cannot be read by uid {(IsRoot ? "65534" : FileDiagnosis.DescribeUser()[4..])} (owner uid");
        Assert.Contains("mode 0200", (await tailer.GetStatusAsync())["problems"]!.ToJsonString(), StringComparison.Ordinal);
        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await tailer.AssertOutputAsync("1");
        await AssertNoProblemAsync(tailer);
    }

    [Theory]
    [InlineData("app.log")]
    [InlineData("app*.log")]
    public async Task Unreadable_file_keeps_its_position_after_a_restart(string pattern)
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        await using (var first = TailerProcess.StartThrough(Unprivileged, _directory[pattern]))
        {
            await first.AssertOutputAsync("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        _directory.AppendToFile("app.log", "2\n");
        await using var second = TailerProcess.StartThrough(Unprivileged, _directory[pattern]);
        await AssertProblemAsync(second, "cannot be read");

        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await second.AssertOutputAsync("2");
    }

    [Fact]
    public async Task From_end_skips_lines_of_a_file_that_was_unreadable_at_first()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);
        await using var tailer = TailerProcess.StartThrough(Unprivileged, _directory["app.log"], "--Tail:From=end");
        await AssertProblemAsync(tailer, "cannot be read");

        _directory.AppendToFile("app.log", "2\n");
        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await tailer.AssertOutputAsync("2");
    }

    [Fact]
    public async Task Check_passes_for_a_file_that_is_written()
    {
        _directory.AppendToFile("app.log", "1\n");

        var (code, output) = await RunCheckAsync(_directory["app.log"]);

        Assert.True(code == 0, output);
        Assert.Contains("is readable by", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_lists_the_existing_files_when_the_file_is_missing()
    {
        _directory.AppendToFile("application.log", "1\n");

        var (code, output) = await RunCheckAsync(_directory["app.log"]);

        Assert.Equal(1, code);
        Assert.Contains("There is no app.log", output, StringComparison.Ordinal);
        Assert.Contains("application.log", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_lists_the_existing_directories_when_the_directory_is_missing()
    {
        Directory.CreateDirectory(_directory["logs"]);

        var (code, output) = await RunCheckAsync(_directory["log/app.log"]);

        Assert.Equal(1, code);
        Assert.Contains("does not exist", output, StringComparison.Ordinal);
        Assert.Contains("It contains: logs", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reports_the_user_that_cannot_read_the_file()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        var (code, output) = await RunCheckAsync(_directory["app.log"], Unprivileged);

        Assert.Equal(1, code);
        Assert.Contains("cannot be read by uid", output, StringComparison.Ordinal);
        Assert.Contains("mode 0200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reports_a_file_that_is_not_growing()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetLastWriteTimeUtc(_directory["app.log"], DateTime.UtcNow.AddHours(-1));

        var (code, output) = await RunCheckAsync(_directory["app.log"]);

        Assert.Equal(0, code);
        Assert.Contains("is not growing: last written 60 minutes ago", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reports_a_file_modified_in_the_future()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetLastWriteTimeUtc(_directory["app.log"], DateTime.UtcNow.AddHours(1));

        var (_, output) = await RunCheckAsync(_directory["app.log"]);

        Assert.Contains("in the future", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_reports_a_checkpoint_that_cannot_be_written()
    {
        _directory.AppendToFile("app.log", "1\n");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b101_101_101);

        var (code, output) = await RunCheckAsync(_directory["app.log"], Unprivileged);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        Assert.Equal(1, code);
        Assert.Contains("checkpoint.json cannot be written by uid", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_shows_the_offsets_of_each_file()
    {
        _directory.AppendToFile("app.log", "1\n22\nhalf");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.AssertOutputAsync("1", "22");

        await Eventually.AssertAsync(
            () => GetFile(tailer.GetStatusAsync().Result)["acknowledged_offset"]!.GetValue<long>() == 5,
            () => tailer.GetStatusAsync().Result.ToJsonString());
        var file = GetFile(await tailer.GetStatusAsync());
        Assert.Equal(_directory["app.log"], file["path"]!.GetValue<string>());
        Assert.Equal(4, file["lag_bytes"]!.GetValue<long>());

        static System.Text.Json.Nodes.JsonNode GetFile(System.Text.Json.Nodes.JsonObject status)
            => status["log_tailer"]!["sinks"]!["default"]!["newest_files"]![0]!;
    }

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Root can read every file, so the program must run as another user.</summary>
    private static string[] Unprivileged => IsRoot ? ["setpriv", "--reuid=65534", "--clear-groups"] : ["env"];

    private static async Task<(int Code, string Output)> RunCheckAsync(string logFile, string[]? runner = null)
    {
        await using var check = TailerProcess.StartThrough([.. runner ?? ["env"]], logFile, "check");
        var code = await check.WaitForExitAsync();
        return (code, string.Join('\n', check.Lines));
    }

    private static Task AssertProblemAsync(TailerProcess tailer, string text) => Eventually.AssertAsync(
        () => tailer.GetStatusAsync().Result["problems"]!.ToJsonString().Contains(text, StringComparison.Ordinal),
        () => tailer.GetStatusAsync().Result["problems"]!.ToJsonString());

    private static Task AssertNoProblemAsync(TailerProcess tailer) => Eventually.AssertAsync(
        () => tailer.GetStatusAsync().Result["problems"]!.AsArray().Count == 0,
        () => tailer.GetStatusAsync().Result["problems"]!.ToJsonString());
}
