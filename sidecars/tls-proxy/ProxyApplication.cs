using TlsProxy.Certificates;
using TlsProxy.Listeners;
using TlsProxy.Routes;

namespace TlsProxy;

/// <summary>Builds the process without starting it.</summary>
internal static class ProxyApplication
{
    /// <param name="args">The command line.</param>
    /// <param name="adjust">Replacements for tests, and the selection of the socket mode.</param>
    /// <exception cref="ConfigurationException">The configuration is invalid.</exception>
    public static ContainerApplication CreateApplication(string[] args, Action<ContainerApplicationBuilder<TlsProxyOptions>>? adjust = null)
    {
        // A line must end with CR LF: a line feed alone could be read differently by two servers.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

        var builder = ContainerApplication.CreateWebBuilder<TlsProxyOptions>(args, "tls-proxy");
        builder.AddVerb(SelfSignVerb.Name, SelfSignVerb.Usage, SelfSignVerb.RunAsync);
        AddLogFilters(builder.Logging);

        var options = builder.Options;
        builder.Services
            .AddSections(options)
            .AddAccessLog()
            .AddCertificates()
            .AddListeners()
            .AddRequestPipeline()
            .AddForwarding()
            .AddStatus();
        if (new RouteConfiguration(options.ReverseProxy).HasRoutes)
        {
            builder.Services.AddRouteForwarding(options);
        }
        else
        {
            builder.Services.AddDirectForwarding(options.Upstream);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ApplyLimits(options.Limits);
            kestrel.ListenHttps(options.Listen.Address, options.Https);
            kestrel.ListenHttp(options.Listen.Address, options.Http);
        });
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.Web.UseProxy();
        return app;
    }

    private static void AddLogFilters(ILoggingBuilder logging)
    {
        // Every failed request is in the access log; a stack trace for each would let a client fill the disk.
        logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error);

        // Protocol errors of clients are in the access log, which drops lines under load. They must not fill this log.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);

        // When this category is enabled, ASP.NET Core creates an activity and a log scope for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }
}
