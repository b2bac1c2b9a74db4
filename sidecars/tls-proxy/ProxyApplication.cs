using TlsProxy.Certificates;
using TlsProxy.Listeners;
using TlsProxy.Routes;

namespace TlsProxy;

/// <summary>The whole process, put together and not yet running.</summary>
internal static class ProxyApplication
{
    /// <param name="args">The command line.</param>
    /// <param name="adjust">What a test replaces.</param>
    /// <exception cref="ConfigurationException">The configuration is refused.</exception>
    public static ContainerApplication Create(string[] args, Action<ContainerApplicationBuilder<TlsProxyOptions>>? adjust = null)
    {
        // A lone line feed ends no line: what two servers may read in two ways is refused.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

        var builder = ContainerApplication.CreateWebBuilder<TlsProxyOptions>(args, "tls-proxy");
        builder.AddVerb(SelfSignVerb.Name, SelfSignVerb.Usage, SelfSignVerb.RunAsync);

        // Each failed request has its line in the access log; a stack trace for each would let a client fill the disk.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error);
        // What a client does wrong on its connection is in the access log, which drops what nobody reads: it must not be able to fill this one.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        // Off altogether: with it on, ASP.NET Core makes an activity and a log scope for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        builder.Services
            .AddAccessLog()
            .AddCertificates()
            .AddListeners()
            .AddRequestHandling()
            .AddForwarding()
            .AddStatus();
        if (RouteTable.IsConfigured(builder.Options))
        {
            builder.Services.AddRoutes(builder.Options);
        }
        else
        {
            builder.Services.AddDirectForwarding();
        }

        builder.WebHost.UseListeners(builder.Options);
        adjust?.Invoke(builder);

        var app = builder.Build();
        app.Web.UseProxy(builder.Options);
        return app;
    }
}
