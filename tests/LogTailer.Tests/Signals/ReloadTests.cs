namespace LogTailer.Tests.Signals;

/// <summary>What a reload changes while lines go on.</summary>
public sealed class ReloadTests : IDisposable
{
    private const int SigHup = 1;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_is_added_to_lines_filtered_and_redacted_changes_with_a_reload()
    {
        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"a"}}}""");
        await using var tailer = TailerProcess.Start(_directory["app.log"], $"--config={_directory["tailer.json"]}");
        _directory.Append("app.log", """{"n":1}""" + "\n");
        await tailer.Prints("""{"n":1,"pod":"a"}""");

        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"b"}},"Redact":{"Fields":["token"]},"Filter":{"Drop":["n=2*"]}}""");
        tailer.Signal(SigHup);
        await Eventually.HoldsAsync(() => tailer.Diagnostics.Any(line => line.Contains("Configuration reloaded", StringComparison.Ordinal)), tailer.ToString);
        _directory.Append("app.log", """{"n":"2"}""" + "\n" + """{"n":3,"token":"t"}""" + "\n");

        await tailer.Prints("""{"n":1,"pod":"a"}""", """{"n":3,"token":"***","pod":"b"}""");
        Assert.DoesNotContain(tailer.Diagnostics, line => line.Contains("only when the process starts again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_configuration_that_is_refused_changes_nothing()
    {
        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"a"}}}""");
        await using var tailer = TailerProcess.Start(_directory["app.log"], $"--config={_directory["tailer.json"]}");
        _directory.Append("app.log", """{"n":1}""" + "\n");
        await tailer.Prints(1);

        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"b"}},"Filter":{"Drop":["no condition"]}}""");
        tailer.Signal(SigHup);
        await Eventually.HoldsAsync(() => tailer.Diagnostics.Any(line => line.Contains("Configuration refused", StringComparison.Ordinal)), tailer.ToString);
        _directory.Append("app.log", """{"n":2}""" + "\n");

        await tailer.Prints("""{"n":1,"pod":"a"}""", """{"n":2,"pod":"a"}""");
    }
}
