using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EndToEnd;

/// <summary>
/// A server outside the Pod, such as a log store, a model, or a metrics receiver. Keeps each request and responds as the test
/// decides.
/// </summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app) => _app = app;

    /// <summary>The requests so far.</summary>
    public ConcurrentQueue<StubRequest> Requests { get; } = [];

    /// <summary>Starts the server on loopback.</summary>
    /// <param name="port">The port to listen on.</param>
    /// <param name="respond">Decides the status and the JSON body of each response.</param>
    public static async Task<StubServer> StartAsync(int port, Func<StubRequest, (int Status, string Body)> respond)
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
            var request = new StubRequest(context.Request.Path, headers, await reader.ReadToEndAsync());
            var (status, body) = respond(request);
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
}
