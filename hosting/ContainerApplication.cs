using System.Reflection;
using Hosting.Configuration;
using Hosting.Health;
using Hosting.Management;

namespace Hosting;

/// <summary>
/// A well-behaved process of a Pod: configured by the one chain and refusing what is wrong in it, observable and
/// reloadable on its management port, ended by SIGTERM in order.
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
    private readonly IReadOnlyDictionary<string, Verb> _verbs;
    private readonly IReadOnlyList<ConfigurationError> _warnings;
    private readonly IEnumerable<(string Key, Type Type, bool Secret)> _keys;

    internal ContainerApplication(
        IHost host, CommandLine command, IReadOnlyDictionary<string, Verb> verbs, IReadOnlyList<ConfigurationError> warnings,
        string metricsPath, IEnumerable<(string Key, Type Type, bool Secret)> keys)
    {
        (_host, _command, _verbs, _warnings, _keys) = (host, command, verbs, warnings, keys);
        Services.GetRequiredService<ManagementRoutes>().MapStandard(metricsPath);
    }

    /// <summary>All that was added to the builder.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>The application on the process's own port.</summary>
    /// <exception cref="InvalidOperationException">The process has none: it was made by <see cref="CreateBuilder"/>.</exception>
    public WebApplication Web => _host as WebApplication
        ?? throw new InvalidOperationException("This process serves nothing but its management port; use CreateWebBuilder for one that does.");

    /// <summary>The routes of the management port, the standard ones already mapped.</summary>
    public IEndpointRouteBuilder Management => Services.GetRequiredService<ManagementRoutes>();

    /// <summary>The management port in use, once the process runs: the configured one, or the free one that was taken.</summary>
    public int ManagementPort => Services.GetRequiredService<ManagementServer>().Port;

    /// <summary>Begins a process without a port of its own: only the management port is served.</summary>
    /// <param name="args">The command line: a verb or none, and flags.</param>
    /// <param name="name">The program's name, such as <c>log-tailer</c>.</param>
    /// <exception cref="ConfigurationException">The configuration is refused; unhandled, it ends the process with exit code 2 and every error on stderr.</exception>
    public static ContainerApplicationBuilder<TOptions> CreateBuilder<TOptions>(string[] args, string name)
        where TOptions : ContainerOptions, new() =>
        new(CommandLine.Parse(args), ProcessIdentity.Of(name, Assembly.GetCallingAssembly()), web: false);

    /// <summary>Begins a process that serves HTTP on a port of its own, to be set up through <see cref="ContainerApplicationBuilder{T}.WebHost"/>.</summary>
    /// <inheritdoc cref="CreateBuilder"/>
    public static ContainerApplicationBuilder<TOptions> CreateWebBuilder<TOptions>(string[] args, string name)
        where TOptions : ContainerOptions, new() =>
        new(CommandLine.Parse(args), ProcessIdentity.Of(name, Assembly.GetCallingAssembly()), web: true);

    /// <summary>Does what the command line asks for: runs until a signal, or one of the verbs.</summary>
    /// <returns>The exit code: 0 done, 1 failed, 2 not understood.</returns>
    public async Task<int> RunAsync()
    {
        using var cancelled = new CancellationTokenSource();
        switch (_command.Verb)
        {
            case null:
                return await ServeAsync();
            case "help":
                PrintHelp();
                return 0;
            case "version":
                var process = Services.GetRequiredService<ProcessIdentity>();
                Console.Out.WriteLine($"{process.Name} {process.Version}");
                return 0;
            case "check":
                return await CheckVerb.RunAsync(Services, Services.GetRequiredService<IReloader>().File, _warnings, cancelled.Token);
            case "healthcheck":
                return await HealthcheckVerb.RunAsync(Services.GetRequiredService<ContainerOptions>(), cancelled.Token);
            default:
                if (_verbs.TryGetValue(_command.Verb, out var verb))
                {
                    return await verb.RunAsync(_command.Arguments, cancelled.Token);
                }

                Console.Error.WriteLine($"'{_command.Verb}' is not a verb of this program. There are: {string.Join(", ", _verbs.Keys.Prepend("healthcheck").Prepend("check"))}. --help says more.");
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

    private async Task<int> ServeAsync()
    {
        var logger = Services.GetRequiredService<ILogger<ContainerApplication>>();
        var process = Services.GetRequiredService<ProcessIdentity>();
        Log.Starting(logger, process.Name, process.Version, Environment.ProcessId);
        foreach (var warning in _warnings)
        {
            Log.Warned(logger, warning);
        }

        try
        {
            await _host.StartAsync();
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            Log.PortTaken(logger, e.Message);
            return 1;
        }
        catch (Exception e) when (e is not ConfigurationException)
        {
            Log.NotStarted(logger, e);
            return 1;
        }

        var inOrder = true;
        try
        {
            await _host.WaitForShutdownAsync();
        }
        catch (Exception e)
        {
            // A service that did not come to its end: the others have been stopped all the same.
            Log.NotStopped(logger, e);
            inOrder = false;
        }

        // A service that broke has ended the host (its default): that is no clean end, whatever the host thinks of it.
        var broken = Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(s => s.ExecuteTask is { IsFaulted: true });
        var exitCode = broken || !inOrder ? 1 : 0;
        Log.Ended(logger, process.Name, exitCode);
        return exitCode;
    }

    private void PrintHelp()
    {
        var process = Services.GetRequiredService<ProcessIdentity>();
        var output = Console.Out;
        output.WriteLine($"{process.Name} {process.Version}");
        output.WriteLine();
        output.WriteLine($"  {process.Name} [--config FILE] [--Key=value …]   runs until SIGTERM");
        output.WriteLine($"  {process.Name} check [flags]                     looks at the configuration and at the world it will meet; exits 0 or 1");
        output.WriteLine($"  {process.Name} healthcheck                       asks the running process whether it is ready; exits 0 or 1");
        foreach (var verb in _verbs.Values)
        {
            output.WriteLine($"  {process.Name} {verb.Usage}");
        }

        output.WriteLine();
        output.WriteLine("Keys, with their defaults. In the JSON file nest at the colon; in the environment write __ for it.");
        var defaults = EffectiveOptions.Of(Services.GetRequiredService<ContainerOptions>()).ToDictionary(e => e.Key, e => e.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, type, secret) in _keys)
        {
            var value = secret ? null : defaults.GetValueOrDefault(key);
            output.WriteLine($"  {key,-36} {(string.IsNullOrEmpty(value) ? $"({type.Name.ToLowerInvariant()})" : value)}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(7, LogLevel.Information, "{Name} {Version} starting (pid {Pid})")]
        public static partial void Starting(ILogger logger, string name, string version, int pid);

        [LoggerMessage(8, LogLevel.Warning, "Configuration: {Warning}")]
        public static partial void Warned(ILogger logger, ConfigurationError warning);

        [LoggerMessage(9, LogLevel.Critical, "Not started")]
        public static partial void NotStarted(ILogger logger, Exception exception);

        [LoggerMessage(15, LogLevel.Error, "A part of the process did not end in order")]
        public static partial void NotStopped(ILogger logger, Exception exception);

        [LoggerMessage(14, LogLevel.Critical, "Not started: {Reason} Stop what holds the port, or set another one")]
        public static partial void PortTaken(ILogger logger, string reason);

        [LoggerMessage(13, LogLevel.Information, "{Name} ended with exit code {ExitCode}")]
        public static partial void Ended(ILogger logger, string name, int exitCode);
    }
}
