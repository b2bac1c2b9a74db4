using LogTailer.Follow;

namespace LogTailer.Tests.Diagnosis;

/// <summary>Behaviour 14 and the findings of <c>check</c>: what is wrong with the file, and what to do.</summary>
public sealed class DiagnosisTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_directory_in_place_of_the_file_is_said_and_mended_without_a_restart()
    {
        Directory.CreateDirectory(_directory["app.log/really"]);
        await using var tailer = TailerProcess.Start(_directory["app.log"]);

        await HasProblem(tailer, "is a directory");
        Directory.Delete(_directory["app.log"], recursive: true);
        _directory.Append("app.log", "1\n");

        await tailer.Prints("1");
        await HasNoProblem(tailer);
        Assert.Equal(200, await tailer.Probe("/readyz"));
    }

    [Fact]
    public async Task A_mount_that_is_not_there_is_said_with_what_is_there_instead()
    {
        Directory.CreateDirectory(_directory["var/log/other"]);
        var path = _directory["var/log/app/app.log"];
        await using var tailer = TailerProcess.Start(path, $"--Checkpoint:Path={_directory["checkpoint.json"]}");

        await HasProblem(tailer, "It holds: other");
        Assert.Equal(200, await tailer.Probe("/readyz"));
        Directory.CreateDirectory(_directory["var/log/app"]);
        await File.WriteAllTextAsync(path, "1\n");

        await tailer.Prints("1");
        await HasNoProblem(tailer);
    }

    [Fact]
    public async Task A_file_that_must_not_be_read_is_said_with_uid_and_mode_and_tried_again()
    {
        _directory.Append("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);
        await using var tailer = TailerProcess.StartThrough(Unprivileged, _directory["app.log"]);

        await HasProblem(tailer, $"cannot be read by uid {(IsRoot ? "65534" : FileDiagnosis.Self()[4..])} (it belongs to uid");
        Assert.Contains("mode 0200", (await tailer.Status())["problems"]!.ToJsonString(), StringComparison.Ordinal);
        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await tailer.Prints("1");
        await HasNoProblem(tailer);
    }

    [Theory]
    [InlineData("app.log")]
    [InlineData("app*.log")]
    public async Task A_file_that_must_not_be_read_after_a_restart_keeps_its_position(string pattern)
    {
        _directory.Append("app.log", "1\n");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        await using (var first = TailerProcess.StartThrough(Unprivileged, _directory[pattern]))
        {
            await first.Prints("1");
            Assert.Equal(0, await first.TerminateAsync());
        }

        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        _directory.Append("app.log", "2\n");
        await using var second = TailerProcess.StartThrough(Unprivileged, _directory[pattern]);
        await HasProblem(second, "cannot be read");

        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await second.Prints("2");
    }

    [Fact]
    public async Task A_file_that_must_not_be_read_at_the_first_start_is_skipped_so_far_with_from_end()
    {
        _directory.Append("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);
        await using var tailer = TailerProcess.StartThrough(Unprivileged, _directory["app.log"], "--Tail:From=end");
        await HasProblem(tailer, "cannot be read");

        _directory.Append("app.log", "2\n");
        File.SetUnixFileMode(_directory["app.log"], (UnixFileMode)0b110_100_100);

        await tailer.Prints("2");
    }

    [Fact]
    public async Task Check_is_content_with_a_file_that_is_written()
    {
        _directory.Append("app.log", "1\n");

        var (code, output) = await Check(_directory["app.log"]);

        Assert.True(code == 0, output);
        Assert.Contains("is readable by", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_what_is_there_instead_of_the_file()
    {
        _directory.Append("application.log", "1\n");

        var (code, output) = await Check(_directory["app.log"]);

        Assert.Equal(1, code);
        Assert.Contains("There is no app.log", output, StringComparison.Ordinal);
        Assert.Contains("application.log", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_what_is_there_instead_of_the_directory()
    {
        Directory.CreateDirectory(_directory["logs"]);

        var (code, output) = await Check(_directory["log/app.log"]);

        Assert.Equal(1, code);
        Assert.Contains("does not exist", output, StringComparison.Ordinal);
        Assert.Contains("It holds: logs", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_who_must_not_read_the_file()
    {
        _directory.Append("app.log", "1\n");
        File.SetUnixFileMode(_directory["app.log"], UnixFileMode.UserWrite);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        var (code, output) = await Check(_directory["app.log"], Unprivileged);

        Assert.Equal(1, code);
        Assert.Contains("cannot be read by uid", output, StringComparison.Ordinal);
        Assert.Contains("mode 0200", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_that_a_file_is_not_growing()
    {
        _directory.Append("app.log", "1\n");
        File.SetLastWriteTimeUtc(_directory["app.log"], DateTime.UtcNow.AddHours(-1));

        var (code, output) = await Check(_directory["app.log"]);

        Assert.Equal(0, code);
        Assert.Contains("is not growing: last written 60 minutes ago", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_that_the_clocks_differ()
    {
        _directory.Append("app.log", "1\n");
        File.SetLastWriteTimeUtc(_directory["app.log"], DateTime.UtcNow.AddHours(1));

        var (_, output) = await Check(_directory["app.log"]);

        Assert.Contains("in the future", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_that_the_checkpoint_cannot_be_kept()
    {
        _directory.Append("app.log", "1\n");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b101_101_101);

        var (code, output) = await Check(_directory["app.log"], Unprivileged);
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_111_111);

        Assert.Equal(1, code);
        Assert.Contains("checkpoint.json cannot be written by uid", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_says_where_each_file_stands()
    {
        _directory.Append("app.log", "1\n22\nhalf");
        await using var tailer = TailerProcess.Start(_directory["app.log"]);
        await tailer.Prints("1", "22");

        await Eventually.HoldsAsync(() => File(tailer.Status().Result)["acknowledged"]!.GetValue<long>() == 5, () => tailer.Status().Result.ToJsonString());
        var file = File(await tailer.Status());
        Assert.Equal(_directory["app.log"], file["path"]!.GetValue<string>());
        Assert.Equal(4, file["lag_bytes"]!.GetValue<long>());

        static System.Text.Json.Nodes.JsonNode File(System.Text.Json.Nodes.JsonObject status) => status["log_tailer"]!["sinks"]!["default"]!["newest_files"]![0]!;
    }

    private static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Root may read everything, so the program has to run as somebody else.</summary>
    private static string[] Unprivileged => IsRoot ? ["setpriv", "--reuid=65534", "--clear-groups"] : ["env"];

    private static async Task<(int Code, string Output)> Check(string logFile, string[]? runner = null)
    {
        await using var check = TailerProcess.StartThrough([.. runner ?? ["env"]], logFile, "check");
        var code = await check.ExitAsync();
        return (code, string.Join('\n', check.Lines));
    }

    private static Task HasProblem(TailerProcess tailer, string text) => Eventually.HoldsAsync(
        () => tailer.Status().Result["problems"]!.ToJsonString().Contains(text, StringComparison.Ordinal),
        () => tailer.Status().Result["problems"]!.ToJsonString());

    private static Task HasNoProblem(TailerProcess tailer) => Eventually.HoldsAsync(
        () => tailer.Status().Result["problems"]!.AsArray().Count == 0,
        () => tailer.Status().Result["problems"]!.ToJsonString());
}
