using System.Net.Sockets;
using Hosting.Configuration;
using Hosting.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Hosting.Management;

/// <summary>
/// The management port: a Kestrel of its own beside the application's, so that it answers before the application
/// listens and until after it has drained, is reached by no <c>Host</c> header from outside, and leaves no trace in the
/// application's request metrics. The first service to start and the last to stop.
/// </summary>
internal sealed partial class ManagementServer : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    private readonly ManagementRoutes _routes;
    private readonly IServiceProvider _services;
    private readonly IServiceScopeFactory _scopes;
    private readonly ContainerOptions _options;
    private readonly ILogger<ManagementServer> _logger;
    private readonly KestrelServer _server;
    private RequestDelegate _pipeline = _ => Task.CompletedTask;

    public ManagementServer(
        ManagementRoutes routes, IServiceProvider services, IServiceScopeFactory scopes, ContainerOptions options,
        ILoggerFactory loggers, MetricsEndpoint metrics)
    {
        (_routes, _services, _scopes, _options) = (routes, services, scopes, options);
        _logger = loggers.CreateLogger<ManagementServer>();
        // Measuring starts when the endpoint is created, which must be before the first measurement.
        _ = metrics;

        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = 256;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        ListenAddress.Bind(kestrel, options.Listen.Address, options.Management.Port);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        _server = new KestrelServer(Options.Create(kestrel), transport, loggers);
    }

    /// <summary>The port that it listens on, once started.</summary>
    public int Port { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var app = new ApplicationBuilder(_services);
        app.Use(RefuseQuietlyAsync);
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            foreach (var source in _routes.DataSources)
            {
                endpoints.DataSources.Add(source);
            }
        });
        _pipeline = app.Build();

        try
        {
            await _server.StartAsync(this, cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            throw new ConfigurationException("Management:Port", _options.Management.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                $"cannot be listened on: {e.Message} Stop what holds it, or set another port (0 takes a free one).");
        }

        var address = _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        Port = new Uri(address.Replace("[::]", "localhost", StringComparison.Ordinal)).Port;
        Log.Listening(_logger, address, Port);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public void Dispose() => _server.Dispose();

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures) =>
        new DefaultHttpContext(contextFeatures) { ServiceScopeFactory = _scopes };

    Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context) => _pipeline(context);

    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception)
    {
    }

    private async Task RefuseQuietlyAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false })
            {
                await ManagementAnswers.TextAsync(context, StatusCodes.Status404NotFound, "not found; this port has " + string.Join(", ", _routes.Paths()));
            }
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            context.Response.StatusCode = e.StatusCode;
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            Log.Failed(_logger, e, context.Request.Method, context.Request.Path);
            if (!context.Response.HasStarted)
            {
                context.Response.Clear();
                await ManagementAnswers.TextAsync(context, StatusCodes.Status500InternalServerError, $"failed: {e.GetType().Name}; the process's log says more");
            }
            else
            {
                context.Abort();
            }
        }
        catch (OperationCanceledException)
        {
            // The client has gone: nobody is there to be answered.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5, LogLevel.Information, "Management port {Port}: listening on {Address}")]
        public static partial void Listening(ILogger logger, string address, int port);

        [LoggerMessage(6, LogLevel.Error, "{Method} {Path} on the management port failed")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string path);
    }
}
