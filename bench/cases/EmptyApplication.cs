using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Bench.Cases;

/// <summary>The smallest possible ASP.NET Core application: the floor that our programs are compared with.</summary>
internal static class EmptyApplication
{
    /// <summary>Serves <c>/readyz</c> over HTTP until the process is stopped.</summary>
    public static async Task<int> ServeAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapGet("/readyz", () => "ready");
        await app.RunAsync();
        return 0;
    }

    /// <summary>Serves a response of 1 KiB over TLS until the process is stopped: the floor for any proxy built on Kestrel.</summary>
    /// <param name="port">The port to listen on.</param>
    /// <param name="directory">The directory with <c>tls.crt</c> and <c>tls.key</c>.</param>
    public static async Task<int> ServeTlsAsync(string port, string directory)
    {
        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "tls.crt"), Path.Combine(directory, "tls.key"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(
            int.Parse(port, CultureInfo.InvariantCulture), listener => listener.UseHttps(certificate)));
        await using var app = builder.Build();
        var body = new byte[1024];
        Array.Fill(body, (byte)'x');
        app.Run(context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
        });
        await app.RunAsync();
        return 0;
    }
}
