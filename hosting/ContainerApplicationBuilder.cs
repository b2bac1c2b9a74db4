using System.Diagnostics;
using Hosting.Configuration;
using Hosting.Health;
using Hosting.Lifecycle;
using Hosting.Logging;
using Hosting.Management;
using Hosting.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Hosting;

/// <summary>Puts a process together. Its configuration is read and valid already.</summary>
public sealed class ContainerApplicationBuilder<TOptions>
    where TOptions : ContainerOptions, new()
{
    private readonly IHostApplicationBuilder _inner;
    private readonly Func<IHost> _build;
    private readonly CommandLine _command;
    private readonly ConfigurationSnapshot<TOptions> _snapshot;
    private readonly Dictionary<string, Verb> _verbs = new(StringComparer.Ordinal);

    internal ContainerApplicationBuilder(CommandLine command, ProcessIdentity process, bool web)
    {
        RefusedConfiguration.EndsTheProcess(command);
        _command = command;
        var chain = new ConfigurationChain<TOptions>(command.Flags);
        _snapshot = command.NeedsConfiguration
            ? chain.Load()
            : new ConfigurationSnapshot<TOptions>(new TOptions(), new Dictionary<string, string?>(), null, []);

        var configuration = new ReloadableConfiguration();
        configuration.Replace(_snapshot.Values);
        if (web)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = process.Name });
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
            WebHostBuilder = builder.WebHost;
            (_inner, _build) = (builder, builder.Build);
        }
        else
        {
            var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = process.Name });
            builder.Services.TryAddSingleton(new DiagnosticListener("Microsoft.AspNetCore"));
            (_inner, _build) = (builder, builder.Build);
        }

        ((IConfigurationBuilder)_inner.Configuration).Add(configuration);
        AddLogging();
        Services.AddPrometheusMetrics();
        Services.AddRouting();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(process);
        Services.AddSingleton(chain);
        Services.AddSingleton(_snapshot);
        Services.AddSingleton(configuration);
        Services.AddSingleton(_snapshot.Options);
        Services.AddSingleton<ContainerOptions>(_snapshot.Options);
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
        // First to start, so last to stop.
        Services.AddHostedService(services => services.GetRequiredService<ManagementServer>());
    }

    /// <summary>The options as the process starts with them; after a reload <see cref="CurrentOptions{TOptions}"/> has the ones in force.</summary>
    public TOptions Options => _snapshot.Options;

    /// <summary>The parts of the process.</summary>
    public IServiceCollection Services => _inner.Services;

    /// <summary>The logging set-up, for what a process wants beyond the console.</summary>
    public ILoggingBuilder Logging => _inner.Logging;

    /// <summary>The server on the process's own port.</summary>
    /// <exception cref="InvalidOperationException">The process has none.</exception>
    public IWebHostBuilder WebHost => WebHostBuilder
        ?? throw new InvalidOperationException("This process serves nothing but its management port; use CreateWebBuilder for one that does.");

    /// <summary>Diagnostics go to stderr, because stdout carries the process's product. Default: stdout.</summary>
    public bool LogToStandardError { get; set; }

    /// <summary>Where the process's own metrics are on the management port. Default <c>/metrics</c>.</summary>
    public string OwnMetricsPath { get; set; } = "/metrics";

    private IWebHostBuilder? WebHostBuilder { get; }

    /// <summary>Adds a verb beside <c>check</c> and <c>healthcheck</c>. It runs without reading any configuration.</summary>
    /// <param name="name">The word on the command line.</param>
    /// <param name="usage">The line in <c>--help</c>, from the word on.</param>
    /// <param name="run">Takes the arguments after the word and returns the exit code.</param>
    public void AddVerb(string name, string usage, Func<string[], CancellationToken, Task<int>> run) => _verbs.Add(name, new Verb(usage, run));

    /// <summary>Makes the application; nothing runs yet.</summary>
    public ContainerApplication Build() =>
        new(_build(), _command, _verbs, _snapshot.Warnings, OwnMetricsPath, ConfigurationChain<TOptions>.Schema.Keys);

    private void AddLogging()
    {
        Services.AddLogging();
        // No line says what scope it was written in, and ASP.NET Core opens one for every request.
        Services.Configure<LoggerFilterOptions>(filter => filter.CaptureScopes = false);
        _inner.Logging.AddConfiguration(_inner.Configuration.GetSection("Logging"));
        _inner.Logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
        _inner.Logging.AddConsoleFormatter<TextLineFormatter, ConsoleFormatterOptions>();
        _inner.Logging.AddConsole(console =>
        {
            console.FormatterName = _snapshot.Options.Console.Format == ConsoleFormat.Text ? TextLineFormatter.FormatterName : JsonLineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogToStandardError ? LogLevel.Trace : LogLevel.None;
            // A reader of our diagnostics who does not read must not stop the work; the console says how many it dropped.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }
}
