namespace Bench.Cases;

/// <summary>The least that an ASP.NET Core process can be: it answers 200 and knows nothing.</summary>
internal static class EmptyApplication
{
    public static async Task<int> RunAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapGet("/readyz", () => "ready");
        await app.RunAsync();
        return 0;
    }
}
