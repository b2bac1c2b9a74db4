using Hosting;
using TlsProxy.Certificates;
using TlsProxy.Forwarding.Http1;
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
        CompleteSocketsInline(builder.Options);
        builder.AddVerb(SelfSignVerb.Name, SelfSignVerb.Usage, SelfSignVerb.RunAsync);

        // Each failed request has its line in the access log; a stack trace for each would let a client fill the disk.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error);
        // What a client does wrong on its connection is counted (by Kestrel, and in the access log): it must not be able to fill the log either.
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

    /// <summary>
    /// What waits for a socket goes on where the socket was polled, and not on a thread of the pool: a tenth to a fifth of the
    /// CPU time of a request. Nothing on the short way to the application blocks, so it may; a certificate of an upstream that
    /// is looked into, or a chain of YARP's stages, might. The runtime asks the environment for it, and nothing else.
    /// </summary>
    private static void CompleteSocketsInline(TlsProxyOptions options)
    {
        const string variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
        if (!RouteTable.IsConfigured(options) && Http1Forwarder.Reaches(options.Upstream) && Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, "1");
        }
    }
}
