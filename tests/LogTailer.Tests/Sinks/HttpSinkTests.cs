using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using LogTailer.Sinks;
using LogTailer.Sinks.Http;
using LogTailer.Transform;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogTailer.Tests.Sinks;

/// <summary>Behaviour 19 and the HTTP sinks, against real servers that behave badly.</summary>
public sealed class HttpSinkTests : IDisposable
{
    private static readonly string[] ThreeLines = ["1", "2", "3"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lines_arrive_compressed_as_newline_delimited_json_with_headers_and_token()
    {
        await File.WriteAllTextAsync(_directory["token"], "secret\n");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink =>
        {
            sink.Headers["X-Team"] = "blue";
            sink.TokenFile = _directory["token"];
        });

        await Arrive(store, tailing, ThreeLines);
        var request = Assert.Single(store.Requests);
        Assert.True(request.Gzip);
        Assert.Equal("application/x-ndjson", request.Headers["Content-Type"]);
        Assert.Equal("blue", request.Headers["X-Team"]);
        Assert.Equal("Bearer secret", request.Headers["Authorization"]);
        await tailing.IsSettled();
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task A_status_that_can_pass_is_tried_again_until_it_has(int status)
    {
        await using var store = await LogStore.StartAsync((context, request) => Answer(context, request.Number < 3 ? status : 204));
        await using var tailing = Ship(store);

        await Arrive(store, tailing, ThreeLines);
        await tailing.IsSettled();
        Assert.Equal(3, tailing.Counted($"log_tailer_sink_retries_total{{http_{status}}}"));
        Assert.Empty(tailing.Problems.Open);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retry_After_is_honoured_in_both_forms(bool asDate)
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
                return Answer(context, 429);
            }

            next ??= DateTimeOffset.UtcNow;
            return Answer(context, 204);
        });
        await using var tailing = Ship(store);

        await Arrive(store, tailing, ThreeLines);

        // A date has whole seconds. Without the header it would be tried again within milliseconds.
        Assert.True(next - refused > TimeSpan.FromSeconds(1.9), $"{next - refused}");
    }

    [Fact]
    public async Task A_rotated_credential_mends_a_401_without_a_restart()
    {
        await File.WriteAllTextAsync(_directory["token"], "old");
        await using var store = await LogStore.StartAsync((context, request) => Answer(context, request.Headers["Authorization"] == "Bearer new" ? 204 : 401));
        await using var tailing = Ship(store, sink => sink.TokenFile = _directory["token"]);
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("401", StringComparison.Ordinal)), () => "The 401 is not shown.");

        await File.WriteAllTextAsync(_directory["token"], "new");

        await Arrive(store, tailing, ThreeLines);
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Count == 0, () => "The problem stays.");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task A_refused_batch_is_halved_until_the_offending_line_stands_alone_in_the_dead_letter_file(int status)
    {
        var lines = Enumerable.Range(0, 20).Select(i => i is 7 or 13 ? $"bad {i}" : $"{i}").ToArray();
        await using var store = await LogStore.StartAsync((context, request) => Answer(context, request.Body.Contains("bad", StringComparison.Ordinal) ? status : 204));
        await using var tailing = Ship(store, lines: lines);

        await Arrive(store, tailing, [.. lines.Where(line => !line.StartsWith("bad", StringComparison.Ordinal))]);
        await tailing.IsSettled();
        Assert.Equal(2, tailing.Counted("log_tailer_dead_letters_total"));
        var dead = (await File.ReadAllLinesAsync(_directory["dead.ndjson"])).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["bad 7", "bad 13"], dead.Select(d => d["line"]!.GetValue<string>()));
        Assert.Equal(14, dead[0]["offset"]!.GetValue<long>());
        Assert.Contains($"{status}", dead[0]["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_dead_letter_file_cannot_be_written_the_line_is_not_acknowledged()
    {
        Directory.CreateDirectory(_directory["dead.ndjson"]);
        await using var store = await LogStore.StartAsync((context, _) => Answer(context, 400));
        await using var tailing = Ship(store, lines: ["bad"]);

        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("dead-letter", StringComparison.Ordinal)), () => "It is not shown.");
        Assert.Equal(0, Assert.Single(tailing.Files).Acknowledged);
        Directory.Delete(_directory["dead.ndjson"]);
        await tailing.IsSettled();
    }

    [Fact]
    public async Task A_server_that_resets_or_cuts_the_connection_in_the_middle_of_its_answer_gets_the_batch_again()
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

        await Eventually.HoldsAsync(() => store.Requests.Any(r => r.Status == 204), () => "It does not arrive.");
        await tailing.IsSettled();
        Assert.Equal(ThreeLines, store.Requests[^1].Lines);
    }

    [Fact]
    public async Task A_slow_server_is_given_up_on_and_tried_again()
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

        await Arrive(store, tailing, ThreeLines);
        Assert.InRange(tailing.Counted("log_tailer_sink_retries_total{timeout}"), 1, int.MaxValue);
    }

    [Fact]
    public async Task A_server_that_stalls_after_its_headers_is_given_up_on_and_tried_again()
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

        await tailing.IsSettled();
        Assert.Equal(ThreeLines, store.Requests[^1].Lines);
        Assert.InRange(tailing.Counted("log_tailer_sink_retries_total{timeout}"), 1, int.MaxValue);
    }

    [Fact]
    public async Task A_server_that_refuses_gzip_gets_its_batches_plain()
    {
        await using var store = await LogStore.StartAsync((context, request) => Answer(context, request.Gzip ? 415 : 204));
        await using var tailing = Ship(store);
        await Arrive(store, tailing, ThreeLines);

        _directory.Append("app.log", "4\n");

        await Arrive(store, tailing, [.. ThreeLines, "4"]);
        Assert.Equal([true, false, false], store.Requests.Select(request => request.Gzip));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_waited_for_and_nothing_is_lost()
    {
        int port;

        await using (var gone = await LogStore.StartAsync())
        {
            port = gone.Url.Port;
        }

        await using var tailing = Ship(new Uri($"http://127.0.0.1:{port}"));
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("connection refused", StringComparison.Ordinal)), () => "It is not shown.");
        Assert.Equal(0, tailing.Files[0].Acknowledged);

        await using var store = await LogStore.StartAsync(port: port);

        await Arrive(store, tailing, ThreeLines);
    }

    [Fact]
    public async Task After_MaxAge_lines_go_to_the_dead_letter_file()
    {
        await using var store = await LogStore.StartAsync((context, _) => Answer(context, 503));
        await using var tailing = Ship(store, sink => sink.MaxAge = TimeSpan.FromMilliseconds(200));

        await Eventually.HoldsAsync(() => tailing.Counted("log_tailer_dead_letters_total") == 3, () => "They are not given up.");
        await tailing.IsSettled();
        Assert.Contains("MaxAge", await File.ReadAllTextAsync(_directory["dead.ndjson"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_private_authority_is_trusted_only_where_it_is_named_and_a_client_certificate_is_shown()
    {
        using var authority = Certificates.Issue("CN=test authority", null);
        using var server = Certificates.Issue("CN=localhost", authority);
        using var client = Certificates.Issue("CN=tailer", authority);
        await File.WriteAllTextAsync(_directory["ca.pem"], Certificates.Issue("CN=some other authority", null).ExportCertificatePem());
        await File.WriteAllTextAsync(_directory["client.pem"], client.ExportCertificatePem());
        await File.WriteAllTextAsync(_directory["client.key"], client.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        string? shown = null;
        await using var store = await LogStore.StartAsync(
            (context, _) =>
            {
                shown = context.Connection.ClientCertificate?.Subject;
                return Task.CompletedTask;
            },
            server,
            wantsClientCertificate: true);
        await using var tailing = Ship(new UriBuilder("https", "localhost", store.Url.Port).Uri, sink =>
        {
            sink.CaFile = _directory["ca.pem"];
            sink.ClientCertificateFile = _directory["client.pem"];
            sink.ClientKeyFile = _directory["client.key"];
        });
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("is not trusted", StringComparison.Ordinal)), () => string.Join(' ', tailing.Problems.Open));
        Assert.Empty(store.Requests);

        // The right authority comes with a rotated Secret.
        await File.WriteAllTextAsync(_directory["ca.pem"], authority.ExportCertificatePem());

        await Arrive(store, tailing, ThreeLines);
        Assert.Equal("CN=tailer", shown);
    }

    [Fact]
    public async Task Elasticsearch_results_count_for_each_line()
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

        await Eventually.HoldsAsync(() => store.Requests.Count == 2, () => "The refused lines do not come again.");
        await tailing.IsSettled();
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

        // Only the third and the fifth, under the ids that they had.
        Assert.Equal([first.Lines[4], first.Lines[5], first.Lines[8], first.Lines[9]], second.Lines);
        Assert.Contains("\"four\"", await File.ReadAllTextAsync(_directory["dead.ndjson"]), StringComparison.Ordinal);
        Assert.Equal(1, tailing.Counted("log_tailer_dead_letters_total"));
    }

    [Fact]
    public async Task A_token_file_with_a_line_break_is_said_and_mended_without_a_restart()
    {
        await File.WriteAllTextAsync(_directory["token"], "se\ncret");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink => sink.TokenFile = _directory["token"]);
        await Eventually.HoldsAsync(() => tailing.Problems.Open.Any(p => p.What.Contains("line break", StringComparison.Ordinal)), () => string.Join(' ', tailing.Problems.Open));
        Assert.DoesNotContain("cret", string.Join(' ', tailing.Problems.Open), StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory["token"], "secret");

        await Arrive(store, tailing, ThreeLines);
    }

    [Fact]
    public async Task An_Elasticsearch_answer_with_too_many_results_is_not_understood_and_the_lines_come_again()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var items = new JsonArray([.. Enumerable.Range(0, 3).Select(_ => (JsonNode)new JsonObject { ["create"] = new JsonObject { ["status"] = 201 } })]);
            await context.Response.WriteAsJsonAsync(new JsonObject { ["errors"] = request.Number == 0, ["items"] = items });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Elasticsearch, "logs"), "one");

        await tailing.IsSettled();
        Assert.Equal(2, store.Requests.Count);
        Assert.Equal(1, tailing.Counted("log_tailer_sink_retries_total{answer}"));
    }

    [Fact]
    public async Task An_Otlp_answer_that_makes_no_sense_is_a_success()
    {
        await using var store = await LogStore.StartAsync((context, _) => context.Response.WriteAsync("""{"partialSuccess":{"rejectedLogRecords":1.5}}"""));
        await using var tailing = Ship(store, sink => sink.Type = SinkType.Otlp, "1");

        await tailing.IsSettled();
        Assert.Single(store.Requests);
    }

    [Fact]
    public async Task Lines_for_an_index_that_is_not_there_are_kept_until_it_is()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var item = request.Number < 2
                ? new JsonObject { ["status"] = 404, ["error"] = new JsonObject { ["type"] = "index_not_found_exception" } }
                : new JsonObject { ["status"] = 201 };
            await context.Response.WriteAsJsonAsync(new JsonObject { ["errors"] = request.Number < 2, ["items"] = new JsonArray(new JsonObject { ["create"] = item }) });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Elasticsearch, "lgos"), "one");

        await Eventually.HoldsAsync(() => store.Requests.Count == 3, () => "It is not sent again.");
        await tailing.IsSettled();
        Assert.Contains("Correct Sink:Index", tailing.Problems.Last!.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["dead.ndjson"]));
    }

    [Fact]
    public async Task Lines_for_an_index_that_Splunk_does_not_know_are_kept()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            context.Response.StatusCode = request.Number < 2 ? 400 : 200;
            await context.Response.WriteAsync(request.Number < 2 ? """{"text":"Incorrect index","code":7,"invalid-event-number":0}""" : """{"text":"Success","code":0}""");
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Splunk, "lgos"));

        await Eventually.HoldsAsync(() => store.Requests.Count == 3, () => "It is not sent again.");
        await tailing.IsSettled();
        Assert.Contains("Correct Sink:Index", tailing.Problems.Last!.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory["dead.ndjson"]));
    }

    [Fact]
    public async Task A_clock_that_differs_is_shown()
    {
        await using var store = await LogStore.StartAsync((context, _) =>
        {
            context.Response.Headers.Date = DateTimeOffset.UtcNow.AddHours(-1).ToString("R", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        await using var tailing = Ship(store);

        await Arrive(store, tailing, ThreeLines);
        await Eventually.HoldsAsync(() => tailing.Problems.Open is [{ What: var what }] && what.Contains("s behind ours", StringComparison.Ordinal), () => string.Join(' ', tailing.Problems.Open));
    }

    [Fact]
    public async Task Loki_gets_streams_with_nanoseconds_tenant_and_structured_metadata()
    {
        await using var store = await LogStore.StartAsync((context, request) => Answer(context, request.Number == 0 ? 260 : 204));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Tenant, sink.Labels) = (SinkType.Loki, "team-a", new() { ["app"] = "agent" }), """{"timestamp":"2026-01-02T03:04:05.678Z","request_id":"abc"}""", "plain");

        // 260 is a 2xx that took nothing.
        await Eventually.HoldsAsync(() => store.Requests.Count == 2, () => "It does not come again.");
        await tailing.IsSettled();
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
    public async Task Splunk_gets_events_and_is_asked_again_when_it_is_busy()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            context.Response.StatusCode = request.Number == 0 ? 503 : 200;
            await context.Response.WriteAsync(request.Number == 0 ? """{"text":"Server is busy","code":9}""" : """{"text":"Success","code":0}""");
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Token) = (SinkType.Splunk, "key"), """{"timestamp":"2026-01-02T03:04:05.678Z"}""", "plain");

        await Eventually.HoldsAsync(() => store.Requests.Count == 2, () => "It does not come again.");
        await tailing.IsSettled();
        Assert.Equal("/services/collector/event", store.Requests[1].Path);
        Assert.Equal("Splunk key", store.Requests[1].Headers["Authorization"]);
        var events = store.Requests[1].Body.Replace("}{", "}\n{", StringComparison.Ordinal).Split('\n').Select(e => JsonNode.Parse(e)!).ToList();
        Assert.Equal(1767323045.678, events[0]["time"]!.GetValue<double>());
        Assert.Equal("""{"timestamp":"2026-01-02T03:04:05.678Z"}""", events[0]["event"]!.ToJsonString());
        Assert.Equal("plain", events[1]["event"]!.GetValue<string>());
        Assert.Equal(_directory["app.log"], events[1]["source"]!.GetValue<string>());
    }

    [Fact]
    public async Task Otlp_gets_log_records_and_a_partial_success_is_not_sent_again()
    {
        await using var store = await LogStore.StartAsync((context, request) =>
            request.Number == 0 ? Answer(context, 503) : context.Response.WriteAsync("""{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}"""));
        await using var tailing = Ship(
            store,
            sink => sink.Type = SinkType.Otlp,
            """{"timestamp":"2026-01-02T03:04:05.678Z","level":"Error","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}""",
            "plain");

        await tailing.IsSettled();
        await Eventually.HoldsAsync(() => tailing.Counted("log_tailer_dead_letters_total") == 1, () => "The refused one is not counted.");
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
    public async Task Otlp_tries_a_500_not_again()
    {
        await using var store = await LogStore.StartAsync((context, _) => Answer(context, 500));
        await using var tailing = Ship(store, sink => sink.Type = SinkType.Otlp, "1");

        await Eventually.HoldsAsync(() => tailing.Counted("log_tailer_dead_letters_total") == 1, () => "It is not given up.");
        Assert.Single(store.Requests);
    }

    [Fact]
    public async Task Datadog_gets_at_most_a_thousand_entries_at_once()
    {
        var lines = Enumerable.Range(0, 2500).Select(i => $"{i}").ToArray();
        await using var store = await LogStore.StartAsync((context, _) => Answer(context, 202));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Token) = (SinkType.Datadog, "key"), lines);

        await Eventually.HoldsAsync(() => store.Requests.Sum(r => JsonNode.Parse(r.Body)!.AsArray().Count) == lines.Length, () => "They do not all come.");
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
    public async Task Bytes_that_are_no_text_become_replacement_characters_where_text_is_wanted(SinkType type)
    {
        _directory.Append("app.log", [(byte)'a', 0xFF, 0x00, (byte)'b', (byte)'\n']);
        await using var store = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(type == SinkType.Elasticsearch ? """{"errors":false,"items":[]}""" : """{"code":0}"""));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (type, "logs"), []);

        await Eventually.HoldsAsync(() => store.Requests.Count == 1, () => "It does not come.");
        var body = store.Requests[0].Body;
        Assert.Contains("\\uFFFD", body.Replace("\uFFFD", "\\uFFFD", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\\u0000b", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_sink_does_not_hold_back_another_and_each_has_its_own_position()
    {
        await using var store = await LogStore.StartAsync((context, _) => Answer(context, 503));
        _directory.Append("app.log", "1\n");

        await using (var tailer = TailerProcess.Start(_directory["app.log"], "--Sinks:console:Type=stdout", "--Sinks:store:Type=http", $"--Sinks:store:Url={store.Url}", "--Shutdown:GraceSeconds=2"))
        {
            await tailer.Prints("1");
            _directory.Append("app.log", "2\n");
            await tailer.Prints("1", "2");
            await Eventually.HoldsAsync(() => Why(tailer)?.Contains("503", StringComparison.Ordinal) == true, () => tailer.Status().Result.ToJsonString());
            var status = (await tailer.Status())["log_tailer"]!["sinks"]!;
            Assert.Equal(4, status["store"]!["lag_bytes"]!.GetValue<long>());
            Assert.Contains("log_tailer_lag_bytes{sink=\"store\"} 4", await tailer.Metrics(), StringComparison.Ordinal);
            Assert.Equal(200, await tailer.Probe("/readyz"));
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        await using var works = await LogStore.StartAsync();
        await using var again = TailerProcess.Start(_directory["app.log"], "--Sinks:console:Type=stdout", "--Sinks:store:Type=http", $"--Sinks:store:Url={works.Url}");
        await Eventually.HoldsAsync(() => works.Lines.Count == 2, () => $"{works.Lines.Count} lines. {again}");
        Assert.Equal(["1", "2"], works.Lines);
        Assert.Empty(again.Lines);

        static string? Why(TailerProcess tailer) => tailer.Status().Result["log_tailer"]!["sinks"]!["store"]!["sink"]!["retrying_because"]?.GetValue<string>();
    }

    private static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task Arrive(LogStore store, Tailing tailing, string[] lines)
    {
        await Eventually.HoldsAsync(() => store.Lines.Count >= lines.Length, () => $"{store.Lines.Count} of {lines.Length} lines; {string.Join(' ', tailing.Problems.Open)}");
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
            _directory.Append("app.log", string.Concat((lines is null or [] ? ThreeLines : lines).Select(line => line + "\n")));
        }

        return Tailing.Start(_directory["app.log"], sinkOptions: options, createSink: problems => new HttpSink(
            "default",
            options,
            SinkFactory.FormatOf(options),
            new TransformSlot(null),
            new DeadLetters(_directory["dead.ndjson"], TimeProvider.System),
            problems,
            TimeProvider.System,
            NullLogger<HttpSink>.Instance));
    }
}
