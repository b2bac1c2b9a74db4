using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MetricsRelay.Tests;

/// <summary>A real HTTP server with configurable responses.</summary>
internal sealed class FakeTarget : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private FakeTarget(WebApplication app) => _app = app;

    public RequestDelegate Handler { get; set; } = _ => Task.CompletedTask;

    public int Requests => Volatile.Read(ref _requests);

    public IHeaderDictionary? LastHeaders { get; private set; }

    public Uri Url => new(_app.Urls.First() + "/metrics");

    public string Name => Url.Authority;

    public static Task<FakeTarget> StartAsync(string body, string? type = "text/plain; version=0.0.4") =>
        StartAsync(context => WriteAsync(context, Encoding.UTF8.GetBytes(body), type));

    public static async Task<FakeTarget> StartAsync(RequestDelegate handler, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
            kestrel.Limits.MinResponseDataRate = null;
        });

        var app = builder.Build();
        var target = new FakeTarget(app) { Handler = handler };
        app.Run(context =>
        {
            Interlocked.Increment(ref target._requests);
            target.LastHeaders = new HeaderDictionary(context.Request.Headers.ToDictionary());
            return target.Handler(context);
        });
        await app.StartAsync();
        return target;
    }

    public static async Task WriteAsync(HttpContext context, byte[] body, string? type)
    {
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        // An already canceled token closes open connections immediately.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
