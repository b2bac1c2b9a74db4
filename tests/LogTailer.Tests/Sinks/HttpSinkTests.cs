using System.Globalization;
using System.Text.Json.Nodes;
using LogTailer.Sinks;
using LogTailer.Pipelines;
using LogTailer.Sinks.Http;
using LogTailer.Transform;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Sinks;

/// <summary>The HTTP sinks, with real servers that fail in many ways.</summary>
public sealed class HttpSinkTests : IDisposable
{
    private static readonly string[] ThreeLines = ["1", "2", "3"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_are_sent_compressed_with_headers_and_token()
    {
        await File.WriteAllTextAsync(_directory["token"], "secret\n");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink =>
        {
            sink.Headers["X-Team"] = "blue";
            sink.TokenFile = _directory["token"];
        });

        await AssertReceivedAsync(store, tailing, ThreeLines);
        var request = Assert.Single(store.Requests);
        Assert.True(request.Gzip);
        Assert.Equal("application/x-ndjson", request.Headers["Content-Type"]);
        Assert.Equal("blue", request.Headers["X-Team"]);
        Assert.Equal("Bearer secret", request.Headers["Authorization"]);
        await tailing.WaitForAcknowledgementAsync();
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task Temporary_error_status_is_retried_until_success(int status)
    {
        await using var store = await LogStore.StartAsync((context, request) => RespondAsync(context, request.Number < 3 ? status : 204));
        await using var tailing = Ship(store);

        await AssertReceivedAsync(store, tailing, ThreeLines);
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(3, tailing.ReadCounter($"log_tailer_sink_retries_total{{http_{status}}}"));
        Assert.Empty(tailing.Problems.Open);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retry_After_is_honored_as_seconds_and_as_date(bool asDate)
    {
        var asked = TimeSpan.FromSeconds(3);
        DateTimeOffset? refused = null;
        DateTimeOffset? next = null;
        await using var store = await LogStore.StartAsync((context, request) =>
        {
            if (request.Number == 0)
            {
                refused = DateTimeOffset.UtcNow;
                context.Response.Headers.RetryAfter = asDate ? (refused.Value + asked).ToString("R", CultureInfo.InvariantCulture) : "3";
                return RespondAsync(context, 429);
            }

            next ??= DateTimeOffset.UtcNow;
            return RespondAsync(context, 204);
        });
        await using var tailing = Ship(store);

        await AssertReceivedAsync(store, tailing, ThreeLines);

        // A date has a resolution of one second. Without the header the retry would follow within milliseconds.
        Assert.True(next - refused > TimeSpan.FromSeconds(1.9), $"{next - refused}");
    }

    [Fact]
    public async Task Rotated_token_resolves_a_401_without_a_restart()
    {
        await File.WriteAllTextAsync(_directory["token"], "old");
        await using var store = await LogStore.StartAsync((context, request) => RespondAsync(context, request.Headers["Authorization"] == "Bearer new" ? 204 : 401));
        await using var tailing = Ship(store, sink => sink.TokenFile = _directory["token"]);
        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("401", StringComparison.Ordinal)), () => "The 401 is not reported.");

        await File.WriteAllTextAsync(_directory["token"], "new");

        await AssertReceivedAsync(store, tailing, ThreeLines);
        await Eventually.AssertAsync(() => tailing.Problems.Open.Count == 0, () => "The problem was not cleared.");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task Rejected_batch_is_halved_until_only_bad_lines_are_dead_letters(int status)
    {
        var lines = Enumerable.Range(0, 20).Select(i => i is 7 or 13 ? $"bad {i}" : $"{i}").ToArray();
        await using var store = await LogStore.StartAsync((context, request) => RespondAsync(context, request.Body.Contains("bad", StringComparison.Ordinal) ? status : 204));
        await using var tailing = Ship(store, lines: lines);

        await AssertReceivedAsync(store, tailing, [.. lines.Where(line => !line.StartsWith("bad", StringComparison.Ordinal))]);
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(2, tailing.ReadCounter("log_tailer_dead_letters_total"));
        var dead = (await File.ReadAllLinesAsync(_directory["dead.ndjson"])).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["bad 7", "bad 13"], dead.Select(d => d["line"]!.GetValue<string>()));
        Assert.Equal(14, dead[0]["offset"]!.GetValue<long>());
        Assert.Contains($"{status}", dead[0]["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_is_not_acknowledged_while_the_dead_letter_file_is_unwritable()
    {
        Directory.CreateDirectory(_directory["dead.ndjson"]);
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 400));
        await using var tailing = Ship(store, lines: ["bad"]);

        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("dead-letter", StringComparison.Ordinal)), () => "The problem is not reported.");
        Assert.Equal(0, Assert.Single(tailing.Files).Acknowledged);
        Directory.Delete(_directory["dead.ndjson"]);
        await tailing.WaitForAcknowledgementAsync();
    }

    [Fact]
    public async Task Batch_is_sent_again_after_a_broken_connection()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            switch (request.Number)
            {
                case 0:
                    context.Abort();
                    break;
                case 1:
                    context.Response.ContentLength = 1000;
                    await context.Response.WriteAsync("half");
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    break;
                default:
                    context.Response.StatusCode = 204;
                    break;
            }
        });
        await using var tailing = Ship(store);

        await Eventually.AssertAsync(() => store.Requests.Any(r => r.Status == 204), () => "The lines did not arrive.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(ThreeLines, store.Requests[^1].Lines);
    }

    [Fact]
    public async Task Request_without_a_response_times_out_and_is_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            if (request.Number == 0)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Response.StatusCode = 500;
            }
        });
        await using var tailing = Ship(store, sink => sink.Timeout = TimeSpan.FromMilliseconds(500));

        await AssertReceivedAsync(store, tailing, ThreeLines);
        Assert.InRange(tailing.ReadCounter("log_tailer_sink_retries_total{timeout}"), 1, int.MaxValue);
    }

    [Fact]
    public async Task Response_that_stalls_after_its_headers_times_out_and_is_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            if (request.Number == 0)
            {
                await context.Response.WriteAsync("half");
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        });
        await using var tailing = Ship(store, sink => sink.Timeout = TimeSpan.FromMilliseconds(500));

        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(ThreeLines, store.Requests[^1].Lines);
        Assert.InRange(tailing.ReadCounter("log_tailer_sink_retries_total{timeout}"), 1, int.MaxValue);
    }

    [Fact]
    public async Task Batches_are_sent_uncompressed_after_gzip_was_rejected()
    {
        await using var store = await LogStore.StartAsync((context, request) => RespondAsync(context, request.Gzip ? 415 : 204));
        await using var tailing = Ship(store);
        await AssertReceivedAsync(store, tailing, ThreeLines);

        _directory.AppendToFile("app.log", "4\n");

        await AssertReceivedAsync(store, tailing, [.. ThreeLines, "4"]);
        Assert.Equal([true, false, false], store.Requests.Select(request => request.Gzip));
    }

    [Fact]
    public async Task Lines_are_kept_until_the_server_starts()
    {
        int port;

        await using (var gone = await LogStore.StartAsync())
        {
            port = gone.Url.Port;
        }

        await using var tailing = Ship(new Uri($"http://127.0.0.1:{port}"));
        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("connection refused", StringComparison.Ordinal)), () => "The problem is not reported.");
        Assert.Equal(0, tailing.Files[0].Acknowledged);

        await using var store = await LogStore.StartAsync(port: port);

        await AssertReceivedAsync(store, tailing, ThreeLines);
    }

    [Fact]
    public async Task Lines_older_than_MaxAge_are_dead_letters()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 503));
        await using var tailing = Ship(store, sink => sink.MaxAge = TimeSpan.FromMilliseconds(200));

        await Eventually.AssertAsync(() => tailing.ReadCounter("log_tailer_dead_letters_total") == 3, () => "The lines are not dead letters.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Contains("MaxAge", await File.ReadAllTextAsync(_directory["dead.ndjson"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_authority_and_client_certificate_are_used_as_configured()
    {
        using var authority = new CertificateAuthority("test authority", hasIntermediate: false);
        using var otherAuthority = new CertificateAuthority("other authority", hasIntermediate: false);
        using var server = authority.IssueCertificate(["localhost", "127.0.0.1"], rsaBits: 2048).ToCertificate();
        var client = authority.IssueCertificate([], rsaBits: 2048, subject: "CN=tailer", isClient: true);
        await File.WriteAllTextAsync(_directory["ca.pem"], otherAuthority.RootPem);
        await File.WriteAllTextAsync(_directory["client.pem"], client.LeafPem);
        await File.WriteAllTextAsync(_directory["client.key"], client.KeyPem);
        string? shown = null;
        await using var store = await LogStore.StartAsync(
            (context, _) =>
            {
                shown = context.Connection.ClientCertificate?.Subject;
                return Task.CompletedTask;
            },
            server,
            requiresClientCertificate: true);
        await using var tailing = Ship(new UriBuilder("https", "localhost", store.Url.Port).Uri, sink =>
        {
            sink.CaFile = _directory["ca.pem"];
            sink.ClientCertificateFile = _directory["client.pem"];
            sink.ClientKeyFile = _directory["client.key"];
        });
        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("is not trusted", StringComparison.Ordinal)), () => string.Join(' ', tailing.Problems.Open));
        Assert.Empty(store.Requests);

        // The Secret is updated with the correct authority.
        await File.WriteAllTextAsync(_directory["ca.pem"], authority.RootPem);

        await AssertReceivedAsync(store, tailing, ThreeLines);
        Assert.Equal("CN=tailer", shown);
    }

    [Fact]
    public async Task Elasticsearch_results_are_applied_line_by_line()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var statuses = request.Number == 0 ? new[] { 201, 409, 429, 400, 503 } : [201, 201];
            var items = new JsonArray([.. statuses.Select(status => (JsonNode)new JsonObject
            {
                ["create"] = new JsonObject { ["status"] = status, ["error"] = status < 300 ? null : new JsonObject { ["type"] = $"error {status}" } },
            })]);
            await context.Response.WriteAsJsonAsync(new JsonObject { ["errors"] = request.Number == 0, ["items"] = items });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index, sink.Token) = (SinkType.Elasticsearch, "logs", "key"), "one", """{"timestamp":"2026-01-02T03:04:05.678Z","n":2}""", "three", "four", "five");

        await Eventually.AssertAsync(() => store.Requests.Count == 2, () => "The rejected lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        var first = store.Requests[0];
        var second = store.Requests[1];
        Assert.Equal("/_bulk", first.Path);
        Assert.Equal("ApiKey key", first.Headers["Authorization"]);
        Assert.EndsWith("\n", first.Body, StringComparison.Ordinal);
        Assert.Equal(10, first.Lines.Length);
        Assert.Equal("logs", JsonNode.Parse(first.Lines[0])!["create"]!["_index"]!.GetValue<string>());
        Assert.Equal("one", JsonNode.Parse(first.Lines[1])!["message"]!.GetValue<string>());
        Assert.Equal("2026-01-02T03:04:05.6780000Z", JsonNode.Parse(first.Lines[3])!["@timestamp"]!.GetValue<string>());
        Assert.Equal(2, JsonNode.Parse(first.Lines[3])!["n"]!.GetValue<int>());

        // Only the third and the fifth line, with the same ids.
        Assert.Equal([first.Lines[4], first.Lines[5], first.Lines[8], first.Lines[9]], second.Lines);
        Assert.Contains("\"four\"", await File.ReadAllTextAsync(_directory["dead.ndjson"]), StringComparison.Ordinal);
        Assert.Equal(1, tailing.ReadCounter("log_tailer_dead_letters_total"));
    }

    [Fact]
    public async Task Token_file_with_a_line_break_is_reported_until_it_is_fixed()
    {
        await File.WriteAllTextAsync(_directory["token"], "se\ncret");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink => sink.TokenFile = _directory["token"]);
        await Eventually.AssertAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("line break", StringComparison.Ordinal)), () => string.Join(' ', tailing.Problems.Open));
        Assert.DoesNotContain("cret", string.Join(' ', tailing.Problems.Open), StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory["token"], "secret");

        await AssertReceivedAsync(store, tailing, ThreeLines);
    }

    [Fact]
    public async Task Elasticsearch_response_with_too_many_results_is_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var items = new JsonArray([.. Enumerable.Range(0, 3).Select(_ => (JsonNode)new JsonObject { ["create"] = new JsonObject { ["status"] = 201 } })]);
            await context.Response.WriteAsJsonAsync(new JsonObject { ["errors"] = request.Number == 0, ["items"] = items });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Elasticsearch, "logs"), "one");

        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(2, store.Requests.Count);
        Assert.Equal(1, tailing.ReadCounter("log_tailer_sink_retries_total{answer}"));
    }

    [Fact]
    public async Task Otlp_success_with_an_invalid_body_is_a_success()
    {
        await using var store = await LogStore.StartAsync((context, _) => context.Response.WriteAsync("""{"partialSuccess":{"rejectedLogRecords":1.5}}"""));
        await using var tailing = Ship(store, sink => sink.Type = SinkType.Otlp, "1");

        await tailing.WaitForAcknowledgementAsync();
        Assert.Single(store.Requests);
    }

    [Fact]
    public async Task Lines_for_a_missing_Elasticsearch_index_are_kept_and_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var item = request.Number < 2
                ? new JsonObject { ["status"] = 404, ["error"] = new JsonObject { ["type"] = "index_not_found_exception" } }
                : new JsonObject { ["status"] = 201 };
            await context.Response.WriteAsJsonAsync(new JsonObject { ["errors"] = request.Number < 2, ["items"] = new JsonArray(new JsonObject { ["create"] = item }) });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Elasticsearch, "lgos"), "one");

        await Eventually.AssertAsync(() => store.Requests.Count == 3, () => "The lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Contains("Correct Sink:Index", tailing.Problems.Last!.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["dead.ndjson"]));
    }

    [Fact]
    public async Task Lines_for_an_unknown_Splunk_index_are_kept_and_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            context.Response.StatusCode = request.Number < 2 ? 400 : 200;
            await context.Response.WriteAsync(request.Number < 2 ? """{"text":"Incorrect index","code":7,"invalid-event-number":0}""" : """{"text":"Success","code":0}""");
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Splunk, "lgos"));

        await Eventually.AssertAsync(() => store.Requests.Count == 3, () => "The lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Contains("Correct Sink:Index", tailing.Problems.Last!.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["dead.ndjson"]));
    }

    [Fact]
    public async Task Clock_difference_to_the_store_is_reported_as_a_problem()
    {
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(-1).ToString("R", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        await using var tailing = Ship(store);

        await AssertReceivedAsync(store, tailing, ThreeLines);
        await Eventually.AssertAsync(() => tailing.Problems.Open is [{ What: var what }] && what.Contains("s behind ours", StringComparison.Ordinal), () => string.Join(' ', tailing.Problems.Open));
    }

    [Fact]
    public async Task Loki_receives_streams_with_nanoseconds_tenant_and_metadata()
    {
        await using var store = await LogStore.StartAsync((context, request) => RespondAsync(context, request.Number == 0 ? 260 : 204));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Tenant, sink.Labels) = (SinkType.Loki, "team-a", new() { ["app"] = "agent" }), """{"timestamp":"2026-01-02T03:04:05.678Z","request_id":"abc"}""", "plain");

        // With 260, a 2xx status, no line was accepted.
        await Eventually.AssertAsync(() => store.Requests.Count == 2, () => "The lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        var request = store.Requests[1];
        Assert.Equal("/loki/api/v1/push", request.Path);
        Assert.Equal("team-a", request.Headers["X-Scope-OrgID"]);
        var stream = JsonNode.Parse(request.Body)!["streams"]![0]!;
        Assert.Equal("""{"app":"agent"}""", stream["stream"]!.ToJsonString());
        Assert.Equal("1767323045678000000", stream["values"]![0]![0]!.GetValue<string>());
        Assert.Equal("""{"timestamp":"2026-01-02T03:04:05.678Z","request_id":"abc"}""", stream["values"]![0]![1]!.GetValue<string>());
        Assert.Equal("abc", stream["values"]![0]![2]!["request_id"]!.GetValue<string>());
        Assert.Equal("plain", stream["values"]![1]![1]!.GetValue<string>());
    }

    [Fact]
    public async Task Splunk_receives_events_again_after_it_was_busy()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            context.Response.StatusCode = request.Number == 0 ? 503 : 200;
            await context.Response.WriteAsync(request.Number == 0 ? """{"text":"Server is busy","code":9}""" : """{"text":"Success","code":0}""");
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Token) = (SinkType.Splunk, "key"), """{"timestamp":"2026-01-02T03:04:05.678Z"}""", "plain");

        await Eventually.AssertAsync(() => store.Requests.Count == 2, () => "The lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal("/services/collector/event", store.Requests[1].Path);
        Assert.Equal("Splunk key", store.Requests[1].Headers["Authorization"]);
        var events = store.Requests[1].Body.Replace("}{", "}\n{", StringComparison.Ordinal).Split('\n').Select(e => JsonNode.Parse(e)!).ToList();
        Assert.Equal(1767323045.678, events[0]["time"]!.GetValue<double>());
        Assert.Equal("""{"timestamp":"2026-01-02T03:04:05.678Z"}""", events[0]["event"]!.ToJsonString());
        Assert.Equal("plain", events[1]["event"]!.GetValue<string>());
        Assert.Equal(_directory["app.log"], events[1]["source"]!.GetValue<string>());
    }

    [Fact]
    public async Task Otlp_receives_log_records_and_partial_success_is_final()
    {
        await using var store = await LogStore.StartAsync((context, request) =>
            request.Number == 0 ? RespondAsync(context, 503) : context.Response.WriteAsync("""{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}"""));
        await using var tailing = Ship(
            store,
            sink => sink.Type = SinkType.Otlp,
            """{"timestamp":"2026-01-02T03:04:05.678Z","level":"Error","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}""",
            "plain");

        await tailing.WaitForAcknowledgementAsync();
        await Eventually.AssertAsync(() => tailing.ReadCounter("log_tailer_dead_letters_total") == 1, () => "The rejected line is not counted.");
        Assert.Equal(2, store.Requests.Count);
        Assert.Equal("/v1/logs", store.Requests[1].Path);
        var records = JsonNode.Parse(store.Requests[1].Body)!["resourceLogs"]![0]!["scopeLogs"]![0]!["logRecords"]!;
        Assert.Equal("1767323045678000000", records[0]!["timeUnixNano"]!.GetValue<string>());
        Assert.Equal(17, records[0]!["severityNumber"]!.GetValue<int>());
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", records[0]!["traceId"]!.GetValue<string>());
        Assert.Equal("b7ad6b7169203331", records[0]!["spanId"]!.GetValue<string>());
        Assert.Equal("plain", records[1]!["body"]!["stringValue"]!.GetValue<string>());
    }

    [Fact]
    public async Task Otlp_does_not_retry_a_500()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 500));
        await using var tailing = Ship(store, sink => sink.Type = SinkType.Otlp, "1");

        await Eventually.AssertAsync(() => tailing.ReadCounter("log_tailer_dead_letters_total") == 1, () => "The line is no dead letter.");
        Assert.Single(store.Requests);
    }

    [Fact]
    public async Task Datadog_receives_at_most_a_thousand_entries_per_request()
    {
        var lines = Enumerable.Range(0, 2500).Select(i => $"{i}").ToArray();
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 202));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Token) = (SinkType.Datadog, "key"), lines);

        await Eventually.AssertAsync(() => store.Requests.Sum(r => JsonNode.Parse(r.Body)!.AsArray().Count) == lines.Length, () => "Not all lines arrived.");
        Assert.All(store.Requests, request => Assert.Equal("key", request.Headers["DD-API-KEY"]));
        Assert.All(store.Requests, request => Assert.InRange(JsonNode.Parse(request.Body)!.AsArray().Count, 1, 1000));
        Assert.Equal(lines, store.Requests.SelectMany(r => JsonNode.Parse(r.Body)!.AsArray().Select(e => e!["message"]!.GetValue<string>())));
    }

    [Theory]
    [InlineData(SinkType.Loki)]
    [InlineData(SinkType.Elasticsearch)]
    [InlineData(SinkType.Splunk)]
    [InlineData(SinkType.Otlp)]
    [InlineData(SinkType.Datadog)]
    public async Task Invalid_UTF8_is_replaced_for_stores_that_require_text(SinkType type)
    {
        _directory.AppendToFile("app.log", [(byte)'a', 0xFF, 0x00, (byte)'b', (byte)'\n']);
        await using var store = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(type == SinkType.Elasticsearch ? """{"errors":false,"items":[]}""" : """{"code":0}"""));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (type, "logs"), []);

        await Eventually.AssertAsync(() => store.Requests.Count == 1, () => "The line did not arrive.");
        var body = store.Requests[0].Body;
        Assert.Contains("\\uFFFD", body.Replace("\uFFFD", "\\uFFFD", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\\u0000b", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blocked_sink_does_not_delay_another_and_keeps_its_position()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 503));
        _directory.AppendToFile("app.log", "1\n");

        await using (var tailer = TailerProcess.Start(_directory["app.log"], "--Sinks:console:Type=stdout", "--Sinks:store:Type=http", $"--Sinks:store:Url={store.Url}", "--Shutdown:GraceSeconds=2"))
        {
            await tailer.AssertOutputAsync("1");
            _directory.AppendToFile("app.log", "2\n");
            await tailer.AssertOutputAsync("1", "2");
            await Eventually.AssertAsync(() => GetLastError(tailer)?.Contains("503", StringComparison.Ordinal) == true, () => tailer.GetStatusAsync().Result.ToJsonString());
            var status = (await tailer.GetStatusAsync())["log_tailer"]!["sinks"]!;
            Assert.Equal(4, status["store"]!["lag_bytes"]!.GetValue<long>());
            Assert.Contains("log_tailer_lag_bytes{sink=\"store\"} 4", await tailer.GetMetricsAsync(), StringComparison.Ordinal);
            Assert.Equal(200, await tailer.ProbeAsync("/readyz"));
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        await using var works = await LogStore.StartAsync();
        await using var again = TailerProcess.Start(_directory["app.log"], "--Sinks:console:Type=stdout", "--Sinks:store:Type=http", $"--Sinks:store:Url={works.Url}");
        await Eventually.AssertAsync(() => works.Lines.Count == 2, () => $"{works.Lines.Count} lines. {again}");
        Assert.Equal(["1", "2"], works.Lines);
        Assert.Empty(again.Lines);

        static string? GetLastError(TailerProcess tailer) => tailer.GetStatusAsync().Result["log_tailer"]!["sinks"]!["store"]!["sink"]!["last_error"]?.GetValue<string>();
    }

    private static Task RespondAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task AssertReceivedAsync(LogStore store, Tailing tailing, string[] lines)
    {
        await Eventually.AssertAsync(() => store.Lines.Count >= lines.Length, () => $"{store.Lines.Count} of {lines.Length} lines; {string.Join(' ', tailing.Problems.Open)}");
        Assert.Equal(lines, store.Lines);
    }

    private Tailing Ship(LogStore store, Action<SinkOptions>? configure = null, params string[] lines) => Ship(store.Url, configure, lines);

    private Tailing Ship(Uri url, Action<SinkOptions>? configure = null, string[]? lines = null)
    {
        var options = new SinkOptions
        {
            Type = SinkType.Http,
            Url = url,
            BatchWait = TimeSpan.FromMilliseconds(50),
            RetryFrom = TimeSpan.FromMilliseconds(10),
            RetryUpTo = TimeSpan.FromMilliseconds(100),
        };
        configure?.Invoke(options);

        if (!File.Exists(_directory["app.log"]))
        {
            _directory.AppendToFile("app.log", string.Concat((lines is null or [] ? ThreeLines : lines).Select(line => line + "\n")));
        }

        return Tailing.Start(_directory["app.log"], sinkOptions: options, createSink: problems => new HttpSink(
            "default",
            options,
            SinkFactory.CreateFormat(options),
            new TransformSlot(null),
            new DeadLetterFile(_directory["dead.ndjson"], TimeProvider.System),
            problems,
            TimeProvider.System,
            NullLogger<HttpSink>.Instance));
    }
}
