using System.Runtime.InteropServices;
using Hosting.Configuration;
using Hosting.Health;
using Microsoft.Extensions.Options;

namespace Hosting.Lifecycle;

/// <summary>
/// Handles signals. SIGTERM and SIGINT shut the process down in order: readiness off, then, after the delay, the services stop
/// within the grace period. A second one exits immediately. SIGHUP reloads the configuration.
/// </summary>
internal sealed partial class SignalLifetime(
    IHostApplicationLifetime application,
    Readiness readiness,
    IReloader reloader,
    ContainerOptions.ShutdownOptions shutdown,
    IOptions<HostOptions> host,
    TimeProvider time,
    ILogger<SignalLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _stopSignals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // The delay is part of the grace period; the services have the time that remains.
        host.Value.ShutdownTimeout = TimeSpan.FromSeconds(Math.Max(1, shutdown.GraceSeconds - shutdown.DelaySeconds));

        application.ApplicationStarted.Register(readiness.MarkStarted);
        application.ApplicationStopping.Register(readiness.MarkStopping);
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnStopSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnStopSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnStopSignal));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnReloadSignal));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void OnStopSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _stopSignals) > 1)
        {
            Log.ExitingImmediately(logger, context.Signal.ToString());
            Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
        }

        Log.DrainingStarted(logger, context.Signal.ToString(), shutdown.DelaySeconds, shutdown.GraceSeconds);
        readiness.MarkStopping();
        _ = StopAfterDelayAsync();
    }

    private async Task StopAfterDelayAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(shutdown.DelaySeconds, shutdown.GraceSeconds)), time);
        application.StopApplication();
    }

    private void OnReloadSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Log.ReloadingConfiguration(logger);
        _ = ReloadConfigurationAsync();
    }

    private async Task ReloadConfigurationAsync()
    {
        try
        {
            await reloader.ReloadConfigurationAsync(application.ApplicationStopping);
        }
        catch (Exception exception)
        {
            Log.ReloadFailed(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            1,
            LogLevel.Information,
            "Draining: {Signal} received; accepting new requests for {DelaySeconds} s, exiting within {GraceSeconds} s")]
        public static partial void DrainingStarted(ILogger logger, string signal, int delaySeconds, int graceSeconds);

        [LoggerMessage(2, LogLevel.Warning, "Exiting immediately: {Signal} received again")]
        public static partial void ExitingImmediately(ILogger logger, string signal);

        [LoggerMessage(3, LogLevel.Information, "Reloading configuration: SIGHUP received")]
        public static partial void ReloadingConfiguration(ILogger logger);

        [LoggerMessage(4, LogLevel.Error, "Reloading configuration failed; the previous one stays in effect")]
        public static partial void ReloadFailed(ILogger logger, Exception exception);
    }
}
