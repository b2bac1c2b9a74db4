using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ConfigReloader.Tests.Support;

/// <summary>An application with a reload address, on a real Kestrel. At each reload it reads the configuration, as a real one does.</summary>
internal sealed class StubApplication : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubApplication(WebApplication app) => _app = app;

    /// <summary>What each reload read, in order.</summary>
    public ConcurrentQueue<string> Reloads { get; } = new();

    /// <summary>Answers a reload; the default takes everything.</summary>
    public Func<HttpContext, string, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>What <c>/statusz</c> says; null: 404.</summary>
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
            await stub.Answer(context, state);
        });
        app.MapGet("/statusz", () => stub.Status is { } status ? Results.Json(status()) : Results.NotFound());
        await app.StartAsync();
        return stub;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
