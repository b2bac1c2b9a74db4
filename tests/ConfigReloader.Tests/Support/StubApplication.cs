using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ConfigReloader.Tests.Support;

/// <summary>An application with a reload endpoint, on Kestrel. On each reload it reads its configuration, as a real application does.</summary>
internal sealed class StubApplication : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubApplication(WebApplication app) => _app = app;

    /// <summary>The configuration that each reload has read, in order.</summary>
    public ConcurrentQueue<string> Reloads { get; } = new();

    /// <summary>Responds to a reload; by default with 200.</summary>
    public Func<HttpContext, string, Task> Respond { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>The content of <c>/statusz</c>; null for 404.</summary>
    public Func<object>? Status { get; set; }

    public int Port => new Uri(_app.Urls.Single()).Port;

    public Uri ReloadUrl => new($"http://127.0.0.1:{Port}/-/reload");

    public Uri StatusUrl => new($"http://127.0.0.1:{Port}/statusz");

    public static async Task<StubApplication> StartAsync(Func<string>? read = null, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        var stub = new StubApplication(app);
        app.MapPost("/-/reload", async (HttpContext context) =>
        {
            var state = read?.Invoke() ?? "";
            stub.Reloads.Enqueue(state);
            await stub.Respond(context, state);
        });
        app.MapGet("/statusz", () => stub.Status is { } status ? Results.Json(status()) : Results.NotFound());
        await app.StartAsync();
        return stub;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
