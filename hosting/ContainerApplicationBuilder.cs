using System.Diagnostics;
using Hosting.Configuration;
using Hosting.Configuration.Shapes;
using Hosting.Health;
using Hosting.Lifecycle;
using Hosting.Logging;
using Hosting.Management;
using Hosting.Metrics;
using Hosting.Verbs;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Hosting;

/// <summary>Builds a process. Its configuration is loaded and valid already.</summary>
public sealed class ContainerApplicationBuilder<TOptions>
    where TOptions : ContainerOptions, IDescribedOptions, new()
{
    private readonly IHostApplicationBuilder _host;
    private readonly Func<IHost> _build;
    private readonly CommandLine _command;
    private readonly ConfigurationSnapshot<TOptions> _snapshot;
    private readonly Dictionary<string, CustomVerb> _verbs = new(StringComparer.Ordinal);

    internal ContainerApplicationBuilder(CommandLine command, ProcessIdentity process, bool web)
    {
        ConfigurationFailure.InstallExitHandler(command);
        _command = command;
        var loader = new ConfigurationLoader<TOptions>(command.Flags);
        _snapshot = command.NeedsConfiguration
            ? loader.LoadConfiguration()
            : new ConfigurationSnapshot<TOptions>(new TOptions(), new Dictionary<string, string?>(), null, []);

        var configuration = new ReloadableConfiguration();
        configuration.ReplaceValues(_snapshot.Values);
        if (web)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = process.Name });
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
            WebHostBuilder = builder.WebHost;
            (_host, _build) = (builder, builder.Build);
        }
        else
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = process.Name });
            builder.Services.TryAddSingleton(new DiagnosticListener("Microsoft.AspNetCore"));
            (_host, _build) = (builder, builder.Build);
        }

        ((IConfigurationBuilder)_host.Configuration).Add(configuration);
        AddLogging();
        AddProcessServices(process, loader, configuration);
    }

    /// <summary>The options at the start. After a reload, <see cref="CurrentOptions{TOptions}"/> has the ones in effect.</summary>
    public TOptions Options => _snapshot.Options;

    /// <summary>The services of the process.</summary>
    public IServiceCollection Services => _host.Services;

    /// <summary>The logging configuration, for a process that logs to more than the console.</summary>
    public ILoggingBuilder Logging => _host.Logging;

    /// <summary>The server on the process's own port.</summary>
    /// <exception cref="InvalidOperationException">The process has no port of its own.</exception>
    public IWebHostBuilder WebHost => WebHostBuilder
        ?? throw new InvalidOperationException(
            "This process has only a management port. Use CreateWebBuilder to create one with a port of its own.");

    /// <summary>Writes diagnostics to stderr, because stdout carries the output of the process. Default: stdout.</summary>
    public bool LogToStandardError { get; set; }

    /// <summary>The path of the process's own metrics on the management port. Default <c>/metrics</c>.</summary>
    public string OwnMetricsPath { get; set; } = "/metrics";

    private IWebHostBuilder? WebHostBuilder { get; }

    /// <summary>Adds a verb, besides <c>check</c> and <c>healthcheck</c>. It runs without loading the configuration.</summary>
    /// <param name="name">The first argument on the command line.</param>
    /// <param name="usage">The verb's line in <c>--help</c>, starting with the verb.</param>
    /// <param name="run">Runs the verb with the arguments that follow it, and returns the exit code.</param>
    public void AddVerb(string name, string usage, Func<string[], CancellationToken, Task<int>> run) =>
        _verbs.Add(name, new CustomVerb(usage, run));

    /// <summary>Creates the application without starting it.</summary>
    public ContainerApplication Build() =>
        new(_build(), _command, _verbs, _snapshot.Warnings, ConfigurationLoader<TOptions>.Schema, OwnMetricsPath);

    private void AddProcessServices(ProcessIdentity process, ConfigurationLoader<TOptions> loader, ReloadableConfiguration configuration)
    {
        Services.AddPrometheusMetrics();
        Services.AddRouting();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(process);
        Services.AddSingleton(loader);
        Services.AddSingleton(_snapshot);
        Services.AddSingleton(configuration);
        Services.AddSingleton(_snapshot.Options);
        Services.AddSingleton<ContainerOptions>(_snapshot.Options);
        Services.AddSingleton(_snapshot.Options.Management);
        Services.AddSingleton(_snapshot.Options.Listen);
        Services.AddSingleton(_snapshot.Options.Shutdown);
        Services.AddSingleton(new CurrentOptions<TOptions>(_snapshot.Options));
        Services.AddSingleton<ReloadMetrics>();
        Services.AddSingleton<IReloader, Reloader<TOptions>>();
        Services.AddSingleton<IHostLifetime, SignalLifetime>();
        Services.AddSingleton<Problems>();
        Services.AddSingleton<Liveness>();
        Services.AddSingleton<Readiness>();
        Services.AddSingleton<StatusReport>();
        Services.AddSingleton<ManagementRoutes>();
        Services.AddSingleton<ManagementServer>();

        // The first service to start is the last to stop.
        Services.AddHostedService(services => services.GetRequiredService<ManagementServer>());
    }

    private void AddLogging()
    {
        Services.AddLogging();

        // The formatters write no scopes, and ASP.NET Core creates one for every request.
        Services.Configure<LoggerFilterOptions>(filter => filter.CaptureScopes = false);
        _host.Logging.AddConfiguration(_host.Configuration.GetSection("Logging"));
        Services.AddSingleton<ConsoleFormatter, JsonLineFormatter>();
        Services.AddSingleton<ConsoleFormatter, TextLineFormatter>();
        _host.Logging.AddConsole(console =>
        {
            console.FormatterName = _snapshot.Options.Console.Format == ConsoleFormat.Text
                ? TextLineFormatter.FormatterName
                : JsonLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogToStandardError ? LogLevel.Trace : LogLevel.None;

            // A blocked reader of the diagnostics must not block the process. The console reports how many lines it dropped.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }
}
