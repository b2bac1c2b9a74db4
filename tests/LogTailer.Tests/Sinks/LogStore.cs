using System.IO.Compression;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LogTailer.Tests.Sinks;

/// <summary>A real HTTP server that takes logs, and that behaves as badly as it is told.</summary>
internal sealed class LogStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<Request> _requests = [];
    private readonly Func<HttpContext, Request, Task> _answer;

    private readonly bool _keeps;

    private LogStore(WebApplication app, Func<HttpContext, Request, Task> answer, bool keeps)
    {
        (_app, _answer, _keeps) = (app, answer, keeps);
        _app.Run(HandleAsync);
    }

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public List<Request> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>The lines of every request that was answered with a success, in order.</summary>
    public List<string> Lines => [.. Requests.Where(request => request.Status is >= 200 and < 300).SelectMany(request => request.Lines)];

    /// <param name="answer">Gets each request with its number (from 0) and answers it; none answers 200.</param>
    /// <param name="certificate">With one it speaks TLS.</param>
    /// <param name="wantsClientCertificate">Whether a client has to show one.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="keeps">Whether <see cref="Requests"/> are kept; a flood of them is better counted as it comes.</param>
    public static async Task<LogStore> StartAsync(
        Func<HttpContext, Request, Task>? answer = null, X509Certificate2? certificate = null, bool wantsClientCertificate = false, int port = 0, bool keeps = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;

                if (certificate is not null)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificate = certificate;
                        https.ClientCertificateMode = wantsClientCertificate ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            });
        });
        var store = new LogStore(builder.Build(), answer ?? ((_, _) => Task.CompletedTask), keeps);
        await store._app.StartAsync();
        return store;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var gzip = context.Request.Headers.ContentEncoding == "gzip";
        body.Position = 0;

        if (gzip)
        {
            var plain = new MemoryStream();
            await using var unzip = new GZipStream(body, CompressionMode.Decompress);
            await unzip.CopyToAsync(plain);
            body = plain;
        }

        Request request;

        lock (_requests)
        {
            request = new Request(_requests.Count, context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), Encoding.UTF8.GetString(body.ToArray()), gzip);

            if (_keeps)
            {
                _requests.Add(request);
            }
        }

        await _answer(context, request);
        request.Status = context.Response.StatusCode;
    }

    internal sealed record Request(int Number, string Path, Dictionary<string, string> Headers, string Body, bool Gzip)
    {
        /// <summary>0 until it is answered.</summary>
        public int Status { get; set; }

        public string[] Lines => Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
