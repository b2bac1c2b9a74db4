using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LogTailer.Tests.Sinks;

/// <summary>Retries, dead letters, TLS and credentials of the HTTP sinks, with real servers that fail in many ways.</summary>
public sealed class HttpSinkTests : HttpSinkTestBase
{
    [Fact]
    public async Task Lines_are_sent_compressed_with_headers_and_token()
    {
        await File.WriteAllTextAsync(Files["token"], "secret\n");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink =>
        {
            sink.Headers["X-Team"] = "blue";
            sink.TokenFile = Files["token"];
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
        await File.WriteAllTextAsync(Files["token"], "old");
        await using var store = await LogStore.StartAsync(
            (context, request) => RespondAsync(context, request.Headers["Authorization"] == "Bearer new" ? 204 : 401));
        await using var tailing = Ship(store, sink => sink.TokenFile = Files["token"]);
        await Eventually.AssertAsync(
            () => tailing.Problems.Open.Any(p => p.What.Contains("401", StringComparison.Ordinal)), () => "The 401 is not reported.");

        await File.WriteAllTextAsync(Files["token"], "new");

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
        await using var store = await LogStore.StartAsync(
            (context, request) => RespondAsync(context, request.Body.Contains("bad", StringComparison.Ordinal) ? status : 204));
        await using var tailing = Ship(store, lines: lines);

        await AssertReceivedAsync(store, tailing, [.. lines.Where(line => !line.StartsWith("bad", StringComparison.Ordinal))]);
        await tailing.WaitForAcknowledgementAsync();
        Assert.Equal(2, tailing.ReadCounter("log_tailer_dead_letters_total"));
        var dead = (await File.ReadAllLinesAsync(Files["dead.ndjson"])).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["bad 7", "bad 13"], dead.Select(d => d["line"]!.GetValue<string>()));
        Assert.Equal(14, dead[0]["offset"]!.GetValue<long>());
        Assert.Contains($"{status}", dead[0]["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Line_is_not_acknowledged_while_the_dead_letter_file_is_unwritable()
    {
        Directory.CreateDirectory(Files["dead.ndjson"]);
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 400));
        await using var tailing = Ship(store, lines: ["bad"]);

        await Eventually.AssertAsync(
            () => tailing.Problems.Open.Any(p => p.What.Contains("dead-letter", StringComparison.Ordinal)),
            () => "The problem is not reported.");
        Assert.Equal(0, Assert.Single(tailing.Files).Acknowledged);
        Directory.Delete(Files["dead.ndjson"]);
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

        Files.AppendToFile("app.log", "4\n");

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
        await Eventually.AssertAsync(
            () => tailing.Problems.Open.Any(p => p.What.Contains("connection refused", StringComparison.Ordinal)),
            () => "The problem is not reported.");
        Assert.Equal(0, tailing.Files[0].Acknowledged);

        await using var store = await LogStore.StartAsync(port: port);

        await AssertReceivedAsync(store, tailing, ThreeLines);
    }

    [Fact]
    public async Task Lines_older_than_MaxAge_are_dead_letters()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 503));
        await using var tailing = Ship(store, sink => sink.MaxAge = TimeSpan.FromMilliseconds(200));

        await Eventually.AssertAsync(
            () => tailing.ReadCounter("log_tailer_dead_letters_total") == 3, () => "The lines are not dead letters.");
        await tailing.WaitForAcknowledgementAsync();
        Assert.Contains("MaxAge", await File.ReadAllTextAsync(Files["dead.ndjson"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_authority_and_client_certificate_are_used_as_configured()
    {
        using var authority = new CertificateAuthority("test authority", hasIntermediate: false);
        using var otherAuthority = new CertificateAuthority("other authority", hasIntermediate: false);
        using var server = authority.IssueCertificate(["localhost", "127.0.0.1"], rsaBits: 2048).ToCertificate();
        var client = authority.IssueCertificate([], rsaBits: 2048, subject: "CN=tailer", isClient: true);
        await File.WriteAllTextAsync(Files["ca.pem"], otherAuthority.RootPem);
        await File.WriteAllTextAsync(Files["client.pem"], client.LeafPem);
        await File.WriteAllTextAsync(Files["client.key"], client.KeyPem);
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
            sink.CaFile = Files["ca.pem"];
            sink.ClientCertificateFile = Files["client.pem"];
            sink.ClientKeyFile = Files["client.key"];
        });
        await Eventually.AssertAsync(
            () => tailing.Problems.Open.Any(p => p.What.Contains("is not trusted", StringComparison.Ordinal)),
            () => string.Join(' ', tailing.Problems.Open));
        Assert.Empty(store.Requests);

        // The Secret is updated with the correct authority.
        await File.WriteAllTextAsync(Files["ca.pem"], authority.RootPem);

        await AssertReceivedAsync(store, tailing, ThreeLines);
        Assert.Equal("CN=tailer", shown);
    }

    [Fact]
    public async Task Token_file_with_a_line_break_is_reported_until_it_is_fixed()
    {
        await File.WriteAllTextAsync(Files["token"], "se\ncret");
        await using var store = await LogStore.StartAsync();
        await using var tailing = Ship(store, sink => sink.TokenFile = Files["token"]);
        await Eventually.AssertAsync(
            () => tailing.Problems.Open.Any(p => p.What.Contains("line break", StringComparison.Ordinal)),
            () => string.Join(' ', tailing.Problems.Open));
        Assert.DoesNotContain("cret", string.Join(' ', tailing.Problems.Open), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Files["token"], "secret");

        await AssertReceivedAsync(store, tailing, ThreeLines);
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
        await Eventually.AssertAsync(
            () => tailing.Problems.Open is [{ What: var what }] && what.Contains("s behind ours", StringComparison.Ordinal),
            () => string.Join(' ', tailing.Problems.Open));
    }

    [Fact]
    public async Task Blocked_sink_does_not_delay_another_and_keeps_its_position()
    {
        await using var store = await LogStore.StartAsync((context, _) => RespondAsync(context, 503));
        Files.AppendToFile("app.log", "1\n");

        await using (var tailer = TailerProcess.Start(
            Files["app.log"],
            "--Sinks:console:Type=stdout",
            "--Sinks:store:Type=http",
            $"--Sinks:store:Url={store.Url}",
            "--Shutdown:GraceSeconds=2"))
        {
            await tailer.AssertOutputAsync("1");
            Files.AppendToFile("app.log", "2\n");
            await tailer.AssertOutputAsync("1", "2");
            await Eventually.AssertAsync(
                () => GetLastError(tailer)?.Contains("503", StringComparison.Ordinal) == true,
                () => tailer.GetStatusAsync().Result.ToJsonString());
            var status = (await tailer.GetStatusAsync())["log_tailer"]!["sinks"]!;
            Assert.Equal(4, status["store"]!["lag_bytes"]!.GetValue<long>());
            Assert.Contains("log_tailer_lag_bytes{sink=\"store\"} 4", await tailer.GetMetricsAsync(), StringComparison.Ordinal);
            Assert.Equal(200, await tailer.ProbeAsync("/readyz"));
            Assert.Equal(0, await tailer.TerminateAsync());
        }

        await using var works = await LogStore.StartAsync();
        await using var again = TailerProcess.Start(
            Files["app.log"], "--Sinks:console:Type=stdout", "--Sinks:store:Type=http", $"--Sinks:store:Url={works.Url}");
        await Eventually.AssertAsync(() => works.Lines.Count == 2, () => $"{works.Lines.Count} lines. {again}");
        Assert.Equal(["1", "2"], works.Lines);
        Assert.Empty(again.Lines);

        static string? GetLastError(TailerProcess tailer)
            => tailer.GetStatusAsync().Result["log_tailer"]!["sinks"]!["store"]!["sink"]!["last_error"]?.GetValue<string>();
    }
}
