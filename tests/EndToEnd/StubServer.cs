using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EndToEnd;

/// <summary>What stands outside the Pod: a log store, a model, a receiver of metrics. Keeps what it was sent, and answers as it is told.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>Every request so far.</summary>
    public ConcurrentQueue<Request> Requests { get; } = [];

    /// <param name="port">On loopback.</param>
    /// <param name="answer">The status and the JSON body for a request.</param>
    public static async Task<StubServer> StartAsync(int port, Func<Request, (int Status, string Body)> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddRequestDecompression();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var server = new StubServer(app);
        app.UseRequestDecompression();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            var request = new Request(context.Request.Path, headers, await reader.ReadToEndAsync());
            var (status, body) = answer(request);
            server.Requests.Enqueue(request with { Status = status });
            context.Response.StatusCode = status;
            if (status != StatusCodes.Status204NoContent)
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(body);
            }
        });
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    /// <summary>One request, and how it was answered.</summary>
    internal sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers, string Body, int Status = 0)
    {
        public string Header(string name) => Headers.GetValueOrDefault(name, "");
    }
}
