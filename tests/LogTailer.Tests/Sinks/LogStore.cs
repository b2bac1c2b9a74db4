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

/// <summary>A real HTTP server that receives logs and responds as configured.</summary>
internal sealed class LogStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<Request> _requests = [];
    private readonly Func<HttpContext, Request, Task> _respond;
    private readonly bool _keepsRequests;

    private LogStore(WebApplication app, Func<HttpContext, Request, Task> respond, bool keepsRequests)
    {
        (_app, _respond, _keepsRequests) = (app, respond, keepsRequests);
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

    /// <summary>The lines of every request with a 2xx response, in order.</summary>
    public List<string> Lines => [.. Requests.Where(request => request.Status is >= 200 and < 300).SelectMany(request => request.Lines)];

    /// <param name="respond">Responds to each request, which has a number from 0; 200 by default.</param>
    /// <param name="certificate">The server certificate; without one it serves plain HTTP.</param>
    /// <param name="requiresClientCertificate">Whether clients must have a certificate.</param>
    /// <param name="port">The port; 0 selects a free one.</param>
    /// <param name="keepsRequests">Whether <see cref="Requests"/> are kept.</param>
    public static async Task<LogStore> StartAsync(
        Func<HttpContext, Request, Task>? respond = null,
        X509Certificate2? certificate = null,
        bool requiresClientCertificate = false,
        int port = 0,
        bool keepsRequests = true)
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
                        https.ClientCertificateMode = requiresClientCertificate
                            ? ClientCertificateMode.RequireCertificate
                            : ClientCertificateMode.NoCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            });
        });
        var store = new LogStore(builder.Build(), respond ?? ((_, _) => Task.CompletedTask), keepsRequests);
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
            request = new Request(
                _requests.Count,
                context.Request.Path,
                context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                Encoding.UTF8.GetString(body.ToArray()),
                gzip);

            if (_keepsRequests)
            {
                _requests.Add(request);
            }
        }

        await _respond(context, request);
        request.Status = context.Response.StatusCode;
    }

    internal sealed record Request(int Number, string Path, Dictionary<string, string> Headers, string Body, bool Gzip)
    {
        /// <summary>The status of the response; 0 before it.</summary>
        public int Status { get; set; }

        public string[] Lines => Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
