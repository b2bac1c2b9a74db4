namespace LogTailer.Tests.Signals;

/// <summary>Reloading the configuration while lines are shipped.</summary>
public sealed class ReloadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reload_changes_enrichment_filter_and_redaction()
    {
        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"a"}}}""");
        await using var tailer = TailerProcess.Start(_directory["app.log"], $"--config={_directory["tailer.json"]}");
        _directory.AppendToFile("app.log", """{"n":1}""" + "\n");
        await tailer.AssertOutputAsync("""{"n":1,"pod":"a"}""");

        await File.WriteAllTextAsync(
            _directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"b"}},"Redact":{"Fields":["token"]},"Filter":{"Drop":["n=2*"]}}""");
        tailer.Process.SendSignal(UnixSignal.Hangup);
        const string Reloads = """log_tailer_config_reloads_total{outcome="applied"}""";
        await Eventually.AssertAsync(async () => await tailer.ReadMetricAsync(Reloads) == 1, tailer.ToString);
        _directory.AppendToFile("app.log", """{"n":"2"}""" + "\n" + """{"n":3,"token":"t"}""" + "\n");

        await tailer.AssertOutputAsync("""{"n":1,"pod":"a"}""", """{"n":3,"token":"***","pod":"b"}""");
        Assert.DoesNotContain(tailer.Diagnostics, line => line.Contains("warn", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Rejected_configuration_changes_nothing()
    {
        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"a"}}}""");
        await using var tailer = TailerProcess.Start(_directory["app.log"], $"--config={_directory["tailer.json"]}");
        _directory.AppendToFile("app.log", """{"n":1}""" + "\n");
        await tailer.WaitForOutputAsync(1);

        await File.WriteAllTextAsync(_directory["tailer.json"], """{"Enrich":{"Fields":{"pod":"b"}},"Filter":{"Drop":["no condition"]}}""");
        tailer.Process.SendSignal(UnixSignal.Hangup);
        await tailer.WaitForDiagnosticAsync("Filter:Drop");
        _directory.AppendToFile("app.log", """{"n":2}""" + "\n");

        await tailer.AssertOutputAsync("""{"n":1,"pod":"a"}""", """{"n":2,"pod":"a"}""");
    }
}
