using System.Globalization;
using System.Security.Cryptography.X509Certificates;

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

    /// <summary>The same over TLS, with an answer of 1 KiB: what is left to a proxy on this server that does nothing at all.</summary>
    /// <param name="port">Where to listen.</param>
    /// <param name="directory">Of <c>tls.crt</c> and <c>tls.key</c>.</param>
    public static async Task<int> RunTlsAsync(string port, string directory)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "tls.crt"), Path.Combine(directory, "tls.key"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(
            int.Parse(port, CultureInfo.InvariantCulture), listener => listener.UseHttps(certificate)));
        await using var app = builder.Build();
        var answer = new byte[1024];
        Array.Fill(answer, (byte)'x');
        app.Run(context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = answer.Length;
            return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
        });
        await app.RunAsync();
        return 0;
    }
}
