using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LogTailer.Diagnostics;
using LogTailer.Sinks;
using LogTailer.Tests.Sinks;
using Microsoft.AspNetCore.Http;

namespace LogTailer.Tests.Diagnostics;

/// <summary>The findings of <c>check</c> about sinks: why no lines arrive although the file is read, and what to do.</summary>
public sealed class SinkCheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(SinkType.Http, "/", "", 200)]
    [InlineData(SinkType.Loki, "/loki/api/v1/push", """{"streams":[]}""", 204)]
    [InlineData(SinkType.Loki, "/loki/api/v1/push", """{"streams":[]}""", 422)]
    [InlineData(SinkType.Elasticsearch, "/_bulk", "", 400)]
    [InlineData(SinkType.Splunk, "/services/collector/event", "", 400)]
    [InlineData(SinkType.Otlp, "/v1/logs", """{"resourceLogs":[]}""", 200)]
    [InlineData(SinkType.Datadog, "/api/v2/logs", "[]", 202)]
    public async Task Check_sends_an_accepting_store_no_lines(SinkType type, string path, string body, int status)
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, status));

        var findings = await CheckAsync(
            sink => (sink.Type, sink.Url, sink.Index, sink.Token) = (type, store.Url, type == SinkType.Elasticsearch ? "logs" : "", "key"));

        Assert.Equal(FindingSeverity.Ok, Assert.Single(findings).Severity);
        Assert.Equal((path, body), (store.Requests[0].Path, store.Requests[0].Body));
    }

    [Theory]
    [InlineData(401, "", "Correct the token in Sink:TokenFile")]
    [InlineData(401, "no org id", "set Sink:Tenant")]
    [InlineData(403, "", "write permission")]
    [InlineData(404, "", "Correct the path in Sink:Url")]
    [InlineData(405, "", "Correct the path in Sink:Url")]
    [InlineData(301, "", "Set Sink:Url to the target of the redirect")]
    [InlineData(429, "", "rate limit")]
    [InlineData(503, "", "the log of the store")]
    public async Task Error_status_of_a_store_is_a_failure_with_response_and_remedy(int status, string message, string remedy)
    {
        await using var store = await LogStore.StartAsync(async (context, _) =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(message);
        });

        var finding = Assert.Single(await CheckAsync(sink => (sink.Type, sink.Url) = (SinkType.Loki, store.Url)));

        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains($"{status}", finding.Message, StringComparison.Ordinal);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blocked_Loki_tenant_is_a_failure_despite_the_2xx_status()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 260));

        await AssertFailureAsync(sink => (sink.Type, sink.Url) = (SinkType.Loki, store.Url), "260", "Sink:Tenant");
    }

    [Fact]
    public Task Store_that_is_not_listening_is_a_failure()
        => AssertFailureAsync(
            sink => sink.Url = new Uri($"http://127.0.0.1:{FreePort.FindUnused()}"), "connection refused", "Sink:Url names its port");

    [Fact]
    public Task Host_name_that_cannot_be_resolved_is_a_failure()
        => AssertFailureAsync(sink => sink.Url = new Uri("http://logs.invalid:3100"), "logs.invalid", "");

    [Fact]
    public async Task Store_that_does_not_respond_in_time_is_a_failure()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}");

        await AssertFailureAsync(
            sink => (sink.Url, sink.Timeout) = (url, TimeSpan.FromSeconds(1)), "did not respond within 1 s", "Sink:Timeout");
    }

    [Fact]
    public async Task Untrusted_certificate_is_a_failure_until_its_authority_is_configured()
    {
        using var authority = new CertificateAuthority("test authority", hasIntermediate: false);
        using var server = authority.IssueCertificate(["localhost", "127.0.0.1"], rsaBits: 2048).ToCertificate();
        await using var store = await LogStore.StartAsync(certificate: server);
        var url = new UriBuilder("https", "localhost", store.Url.Port).Uri;

        await AssertFailureAsync(sink => sink.Url = url, "is not trusted", "Sink:CaFile");
        await File.WriteAllTextAsync(_directory["ca.pem"], authority.RootPem);

        Assert.Equal(
            FindingSeverity.Ok, Assert.Single(await CheckAsync(sink => (sink.Url, sink.CaFile) = (url, _directory["ca.pem"]))).Severity);
    }

    [Fact]
    public async Task Missing_token_file_is_a_failure()
    {
        await using var store = await LogStore.StartAsync();

        await AssertFailureAsync(sink => (sink.Url, sink.TokenFile) = (store.Url, _directory["token"]), "token", "Mount the Secret");
    }

    [Theory]
    [InlineData("", "logs-app")]
    [InlineData("/es/logs-app/_bulk", "")]
    public async Task Missing_Elasticsearch_index_is_a_warning(string path, string index)
    {
        await using var store = await LogStore.StartAsync(
            (context, _) => RespondAsync(context, context.Request.Method == "HEAD" ? 404 : 400));

        var findings = await CheckAsync(
            sink => (sink.Type, sink.Url, sink.Index) = (SinkType.Elasticsearch, new Uri(store.Url, path), index));

        Assert.Equal([FindingSeverity.Ok, FindingSeverity.Warning], findings.Select(f => f.Severity));
        Assert.Contains("Correct Sink:Index", findings[1].Remedy, StringComparison.Ordinal);
        Assert.Equal(path.Length == 0 ? "/logs-app" : "/es/logs-app", store.Requests[1].Path);
    }

    [Theory]
    [InlineData(-1, "behind")]
    [InlineData(1, "ahead of")]
    public async Task Clock_difference_to_the_store_is_a_warning(int hours, string which)
    {
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(hours).ToString("R", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });

        var findings = await CheckAsync(sink => sink.Url = store.Url);

        Assert.Equal([FindingSeverity.Ok, FindingSeverity.Warning], findings.Select(f => f.Severity));
        Assert.Contains(which, findings[1].Message, StringComparison.Ordinal);
        Assert.Contains("NTP", findings[1].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_sink_that_cannot_be_written_is_a_failure()
    {
        Directory.CreateDirectory(_directory["out.log"]);

        await AssertFailureAsync(sink => (sink.Type, sink.Path) = (SinkType.File, _directory["out.log"]), "cannot be written", "Sink:Path");
    }

    [Fact]
    public async Task Every_sink_is_checked_and_one_failure_fails_the_check()
    {
        _directory.AppendToFile("app.log", "1\n");
        await using var store = await LogStore.StartAsync();
        await using var check = TailerProcess.StartThrough(
            ["env"],
            _directory["app.log"],
            "check",
            "--Sinks:console:Type=stdout",
            "--Sinks:good:Type=http",
            $"--Sinks:good:Url={store.Url}",
            "--Sinks:bad:Type=loki",
            $"--Sinks:bad:Url=http://127.0.0.1:{FreePort.FindUnused()}");

        Assert.Equal(1, await check.WaitForExitAsync());

        Assert.Contains(check.Lines, line => line.StartsWith("ok    sink good:", StringComparison.Ordinal));
        Assert.Contains(check.Lines, line => line.StartsWith("FAIL  sink bad: No process is listening on", StringComparison.Ordinal));
    }

    private static Task RespondAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task<List<Finding>> CheckAsync(Action<SinkOptions> configure)
    {
        var options = new LogTailerOptions { LogFile = "/var/log/app.log" };
        options.Sink.Type = SinkType.Http;
        configure(options.Sink);
        var findings = new List<Finding>();

        await foreach (var finding in new SinkCheck(options.SinksBySubject, TimeProvider.System).CheckEnvironmentAsync(
            CancellationToken.None))
        {
            findings.Add(finding);
        }

        return findings;
    }

    private static async Task AssertFailureAsync(Action<SinkOptions> configure, string message, string remedy)
    {
        var finding = Assert.Single(await CheckAsync(configure));
        Assert.Equal(FindingSeverity.Failure, finding.Severity);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, finding.Remedy, StringComparison.Ordinal);
    }
}
