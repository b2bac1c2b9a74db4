using Hosting.Configuration;
using Hosting.Configuration.Shapes;
using Hosting.Management;
using Hosting.Verbs;
using Microsoft.AspNetCore.Connections;

namespace Hosting;

/// <summary>
/// A process of a Pod: it validates its configuration at the start, is observed and reloaded through its management port, and
/// shuts down in order on SIGTERM.
/// </summary>
/// <example>
/// <code>
/// var builder = ContainerApplication.CreateBuilder&lt;LogTailerOptions&gt;(args, "log-tailer");
/// builder.Services.AddFollower();
/// await using var app = builder.Build();
/// return await app.RunAsync();
/// </code>
/// </example>
public sealed partial class ContainerApplication : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CommandLine _command;
    private readonly IReadOnlyDictionary<string, CustomVerb> _verbs;
    private readonly IReadOnlyList<ConfigurationError> _warnings;
    private readonly OptionsSchema _schema;

    internal ContainerApplication(
        IHost host,
        CommandLine command,
        IReadOnlyDictionary<string, CustomVerb> verbs,
        IReadOnlyList<ConfigurationError> warnings,
        OptionsSchema schema,
        string metricsPath)
    {
        (_host, _command, _verbs, _warnings, _schema) = (host, command, verbs, warnings, schema);
        Services.GetRequiredService<ManagementRoutes>().MapStandardEndpoints(metricsPath);
    }

    /// <summary>The services that were added to the builder.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The web application on the process's own port.</summary>
    /// <exception cref="InvalidOperationException">
    /// The process was created by <see cref="CreateBuilder"/> and has no port of its own.
    /// </exception>
    public WebApplication Web => _host as WebApplication
        ?? throw new InvalidOperationException(
            "This process has only a management port. Use CreateWebBuilder to create one with a port of its own.");

    /// <summary>The routes of the management port. The standard ones are mapped already.</summary>
    public IEndpointRouteBuilder Management => Services.GetRequiredService<ManagementRoutes>();

    /// <summary>The management port in use once the process runs: the configured one, or the free one that was selected.</summary>
    public int ManagementPort => Services.GetRequiredService<ManagementServer>().Port;

    /// <summary>Creates a builder for a process that serves only its management port.</summary>
    /// <param name="args">The command line: an optional verb, and flags.</param>
    /// <param name="name">The program's name, such as <c>log-tailer</c>.</param>
    /// <exception cref="ConfigurationException">
    /// The configuration is rejected. If the exception is not handled, the process writes every error to stderr and exits with code 2.
    /// </exception>
    public static ContainerApplicationBuilder<TOptions> CreateBuilder<TOptions>(string[] args, string name)
        where TOptions : ContainerOptions, IDescribedOptions, new() =>
        new(CommandLine.ParseArguments(args), ProcessIdentity.FromAssembly(name, typeof(TOptions).Assembly), web: false);

    /// <summary>
    /// Creates a builder for a process with its own HTTP port, which <see cref="ContainerApplicationBuilder{T}.WebHost"/> configures.
    /// </summary>
    /// <inheritdoc cref="CreateBuilder"/>
    public static ContainerApplicationBuilder<TOptions> CreateWebBuilder<TOptions>(string[] args, string name)
        where TOptions : ContainerOptions, IDescribedOptions, new() =>
        new(CommandLine.ParseArguments(args), ProcessIdentity.FromAssembly(name, typeof(TOptions).Assembly), web: true);

    /// <summary>Runs the verb of the command line; without one, runs the process until a signal stops it.</summary>
    /// <returns>The exit code: 0 success, 1 failure, 2 invalid command line.</returns>
    public async Task<int> RunAsync()
    {
        var options = Services.GetRequiredService<ContainerOptions>();
        var process = Services.GetRequiredService<ProcessIdentity>();
        switch (_command.Verb)
        {
            case null:
                return await RunUntilShutdownAsync();
            case "help":
                HelpText.WriteHelp(Console.Out, process, _verbs.Values, _schema, options);
                return 0;
            case "version":
                Console.Out.WriteLine($"{process.Name} {process.Version}");
                return 0;
            case "check":
                var file = Services.GetRequiredService<IReloader>().File;
                return await CheckVerb.RunChecksAsync(Services, file, _warnings, CancellationToken.None);
            case "healthcheck":
                return await HealthcheckVerb.RequestReadinessAsync(options.Listen.Address, options.Management.Port, CancellationToken.None);
            case var name when _verbs.TryGetValue(name, out var verb):
                return await verb.RunAsync(_command.Arguments, CancellationToken.None);
            default:
                var verbs = string.Join(", ", (string[])["check", "healthcheck", .. _verbs.Keys]);
                Console.Error.WriteLine($"'{_command.Verb}' is not a verb of this program. Verbs: {verbs}. See --help.");
                return 2;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            _host.Dispose();
        }
    }

    private async Task<int> RunUntilShutdownAsync()
    {
        var logger = Services.GetRequiredService<ILogger<ContainerApplication>>();
        var process = Services.GetRequiredService<ProcessIdentity>();
        Log.ProcessStarting(logger, process.Name, process.Version, Environment.ProcessId);
        foreach (var warning in _warnings)
        {
            Log.ConfigurationWarning(logger, warning);
        }

        try
        {
            await _host.StartAsync();
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            Log.PortInUse(logger, exception.Message);
            return 1;
        }
        catch (Exception exception) when (exception is not ConfigurationException)
        {
            Log.StartFailed(logger, exception);
            return 1;
        }

        var stoppedCleanly = await WaitForShutdownAsync(logger);

        // By default a failed background service stops the host, and the host then reports no error.
        var hasFailedService = Services
            .GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .Any(service => service.ExecuteTask is { IsFaulted: true });
        var exitCode = stoppedCleanly && !hasFailedService ? 0 : 1;
        Log.ProcessStopped(logger, exitCode);
        return exitCode;
    }

    private async Task<bool> WaitForShutdownAsync(ILogger logger)
    {
        try
        {
            await _host.WaitForShutdownAsync();
            return true;
        }
        catch (Exception exception)
        {
            // The host stops all services, and reports the failures afterwards.
            Log.StopFailed(logger, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7, LogLevel.Information, "Starting {Name} {Version} (pid {Pid})")]
        public static partial void ProcessStarting(ILogger logger, string name, string version, int pid);

        [LoggerMessage(8, LogLevel.Warning, "Configuration warning: {Warning}")]
        public static partial void ConfigurationWarning(ILogger logger, ConfigurationError warning);

        [LoggerMessage(9, LogLevel.Critical, "Start failed")]
        public static partial void StartFailed(ILogger logger, Exception exception);

        [LoggerMessage(15, LogLevel.Error, "Stopping a service failed")]
        public static partial void StopFailed(ILogger logger, Exception exception);

        [LoggerMessage(14, LogLevel.Critical, "Start failed, port in use: {Reason} Stop the process that uses it, or set another port")]
        public static partial void PortInUse(ILogger logger, string reason);

        [LoggerMessage(13, LogLevel.Information, "Stopped with exit code {ExitCode}")]
        public static partial void ProcessStopped(ILogger logger, int exitCode);
    }
}
