using System.Globalization;
using System.Net.Sockets;
using Hosting.Configuration;
using Hosting.Metrics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Hosting.Management;

/// <summary>
/// Serves the management port with a separate Kestrel server. It responds before the application listens and until the
/// application has drained. Requests to the application's port cannot reach it, whatever their <c>Host</c> header is, and its own
/// requests are not in the application's metrics. It is the first service to start and the last to stop.
/// </summary>
internal sealed partial class ManagementServer : IHostedService, IHttpApplication<HttpContext>, IDisposable
{
    private readonly ManagementRoutes _routes;
    private readonly IServiceProvider _services;
    private readonly IServiceScopeFactory _scopes;
    private readonly int _configuredPort;
    private readonly ILogger<ManagementServer> _logger;
    private readonly KestrelServer _server;
    private RequestDelegate _pipeline = _ => Task.CompletedTask;

    public ManagementServer(
        ManagementRoutes routes,
        IServiceProvider services,
        ContainerOptions.ListenOptions listen,
        ContainerOptions.ManagementOptions management,
        ILoggerFactory loggers,
        MetricsEndpoint metrics)
    {
        (_routes, _services, _configuredPort) = (routes, services, management.Port);
        _scopes = services.GetRequiredService<IServiceScopeFactory>();
        _logger = loggers.CreateLogger<ManagementServer>();

        // Measuring starts when the endpoint is created, which must be before the first measurement.
        _ = metrics;

        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = 256;
        kestrel.Limits.MaxRequestBodySize = 1 << 20;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        ListenAddress.Bind(kestrel, listen.Address, management.Port);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        _server = new KestrelServer(Options.Create(kestrel), transport, loggers);
    }

    /// <summary>The port in use, once the server has started.</summary>
    public int Port { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _pipeline = BuildPipeline();
        try
        {
            await _server.StartAsync(this, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new ConfigurationException(
                "Management:Port",
                _configuredPort.ToString(CultureInfo.InvariantCulture),
                $"cannot listen: {exception.Message} Stop the process that uses the port, or set another one (0 selects a free port).");
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

    private RequestDelegate BuildPipeline()
    {
        var app = new ApplicationBuilder(_services);
        app.Use(RespondToErrorsAsync);
        app.UseRouting();
        app.UseEndpoints(endpoints =>
        {
            foreach (var source in _routes.DataSources)
            {
                endpoints.DataSources.Add(source);
            }
        });
        return app.Build();
    }

    private async Task RespondToErrorsAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false })
            {
                var text = $"not found; this port serves {string.Join(", ", _routes.ListPaths())}";
                await ManagementResponses.WriteTextAsync(context, StatusCodes.Status404NotFound, text);
            }
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            Log.RequestFailed(_logger, exception, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Clear();
            var text = $"failed: {exception.GetType().Name}; see the log for details";
            await ManagementResponses.WriteTextAsync(context, StatusCodes.Status500InternalServerError, text);
        }
        catch (OperationCanceledException)
        {
            // The client has closed the connection, so no response can be sent.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5, LogLevel.Information, "Management port {Port}: listening on {Address}")]
        public static partial void Listening(ILogger logger, string address, int port);

        [LoggerMessage(6, LogLevel.Error, "Management request failed: {Method} {Path}")]
        public static partial void RequestFailed(ILogger logger, Exception exception, string method, string path);
    }
}
