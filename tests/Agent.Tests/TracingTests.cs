using System.Collections.Concurrent;
using System.Net;
using Agent.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Agent.Tests;

public sealed class TracingTests
{
    [Fact]
    public async Task Span_of_the_clients_trace_reaches_the_collector()
    {
        var received = new ConcurrentBag<byte[]>();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        await using var collector = builder.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.MapPost("/v1/traces", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Add(body.ToArray());
        });
        await collector.StartAsync();
        var trace = Convert.FromHexString("0af7651916cd43dd8448eb211c80319c");

        await using (var agent = await RunningAgent.StartAsync($"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.Urls.First()}"))
        {
            await agent.InferAsync("fine", ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
                .ReadJsonAsync(HttpStatusCode.OK);
        }

        await Eventually.AssertAsync(
            () => received.Any(batch => batch.AsSpan().IndexOf(trace) >= 0 && batch.AsSpan().IndexOf("agent"u8) >= 0),
            "a span with the client's trace id was exported");
    }

    [Fact]
    public async Task Unreachable_collector_affects_neither_requests_nor_shutdown()
    {
        await using var agent = await RunningAgent.StartAsync("--OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1");

        await agent.InferAsync("fine").ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal(0, await agent.StopAsync());
    }
}
