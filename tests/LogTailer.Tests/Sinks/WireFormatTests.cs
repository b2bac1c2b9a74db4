using System.Text.Json.Nodes;
using LogTailer.Sinks;
using Microsoft.AspNetCore.Http;

namespace LogTailer.Tests.Sinks;

/// <summary>The requests and responses of each kind of store.</summary>
public sealed class WireFormatTests : HttpSinkTestBase
{
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
        Assert.Contains("\"four\"", await File.ReadAllTextAsync(Files["dead.ndjson"]), StringComparison.Ordinal);
        Assert.Equal(1, tailing.ReadCounter("log_tailer_dead_letters_total"));
    }

    [Fact]
    public async Task Elasticsearch_response_with_too_many_results_is_retried()
    {
        await using var store = await LogStore.StartAsync(async (context, request) =>
        {
            var items = new JsonArray(
                [.. Enumerable.Range(0, 3).Select(_ => (JsonNode)new JsonObject { ["create"] = new JsonObject { ["status"] = 201 } })]);
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
            await context.Response.WriteAsJsonAsync(
                new JsonObject { ["errors"] = request.Number < 2, ["items"] = new JsonArray(new JsonObject { ["create"] = item }) });
        });
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (SinkType.Elasticsearch, "lgos"), "one");

        await Eventually.AssertAsync(() => store.Requests.Count == 3, () => "The lines were not sent again.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Contains("Correct Sink:Index", tailing.Problems.Last!.Remedy, StringComparison.Ordinal);
        Assert.False(File.Exists(Files["dead.ndjson"]));
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
        Assert.False(File.Exists(Files["dead.ndjson"]));
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
        Assert.Equal(Files["app.log"], events[1]["source"]!.GetValue<string>());
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
        await Eventually.AssertAsync(
            () => tailing.ReadCounter("log_tailer_dead_letters_total") == 1, () => "The rejected line is not counted.");
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

        await Eventually.AssertAsync(
            () => store.Requests.Sum(r => JsonNode.Parse(r.Body)!.AsArray().Count) == lines.Length, () => "Not all lines arrived.");
        Assert.All(store.Requests, request => Assert.Equal("key", request.Headers["DD-API-KEY"]));
        Assert.All(store.Requests, request => Assert.InRange(JsonNode.Parse(request.Body)!.AsArray().Count, 1, 1000));
        Assert.Equal(
            lines, store.Requests.SelectMany(r => JsonNode.Parse(r.Body)!.AsArray().Select(e => e!["message"]!.GetValue<string>())));
    }

    [Theory]
    [InlineData(SinkType.Loki)]
    [InlineData(SinkType.Elasticsearch)]
    [InlineData(SinkType.Splunk)]
    [InlineData(SinkType.Otlp)]
    [InlineData(SinkType.Datadog)]
    public async Task Invalid_UTF8_is_replaced_for_stores_that_require_text(SinkType type)
    {
        Files.AppendToFile("app.log", [(byte)'a', 0xFF, 0x00, (byte)'b', (byte)'\n']);
        await using var store = await LogStore.StartAsync((context, _) => context.Response.WriteAsync(type == SinkType.Elasticsearch ? """{"errors":false,"items":[]}""" : """{"code":0}"""));
        await using var tailing = Ship(store, sink => (sink.Type, sink.Index) = (type, "logs"), []);

        await Eventually.AssertAsync(() => store.Requests.Count == 1, () => "The line did not arrive.");
        var body = store.Requests[0].Body;
        Assert.Contains("\\uFFFD", body.Replace("\uFFFD", "\\uFFFD", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("\\u0000b", body, StringComparison.Ordinal);
    }
}
