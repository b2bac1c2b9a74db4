using System.Runtime.InteropServices;
using Hosting.Configuration;
using Hosting.Health;
using Microsoft.Extensions.Options;

namespace Hosting.Lifecycle;

/// <summary>
/// What signals do: SIGTERM and SIGINT end the process in order (readiness off, after the delay the services stop within
/// the grace), a second one ends it at once, SIGHUP reloads the configuration.
/// </summary>
internal sealed partial class SignalLifetime(
    IHostApplicationLifetime application,
    Readiness readiness,
    IReloader reloader,
    ContainerOptions options,
    IOptions<HostOptions> host,
    TimeProvider time,
    ILogger<SignalLifetime> logger) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // The delay is part of the grace, so what is left of it is the services' time.
        host.Value.ShutdownTimeout = TimeSpan.FromSeconds(Math.Max(1, options.Shutdown.GraceSeconds - options.Shutdown.DelaySeconds));

        application.ApplicationStarted.Register(readiness.Started);
        application.ApplicationStopping.Register(readiness.Stopping);
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reload));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Log.Again(logger, context.Signal.ToString());
            Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
        }

        Log.Stopping(logger, context.Signal.ToString(), options.Shutdown.DelaySeconds, options.Shutdown.GraceSeconds);
        readiness.Stopping();
        _ = StopAfterDelayAsync();
    }

    private async Task StopAfterDelayAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(options.Shutdown.DelaySeconds, options.Shutdown.GraceSeconds)), time);
        application.StopApplication();
    }

    private void Reload(PosixSignalContext context)
    {
        context.Cancel = true;
        Log.Hangup(logger);
        _ = ReloadAsync();
    }

    private async Task ReloadAsync()
    {
        try
        {
            await reloader.ReloadAsync(application.ApplicationStopping);
        }
        catch (Exception e)
        {
            Log.ReloadFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Signal} received: not ready any more; work is taken for {DelaySeconds} s more, and finished within {GraceSeconds} s")]
        public static partial void Stopping(ILogger logger, string signal, int delaySeconds, int graceSeconds);

        [LoggerMessage(2, LogLevel.Warning, "{Signal} received again: ending at once")]
        public static partial void Again(ILogger logger, string signal);

        [LoggerMessage(3, LogLevel.Information, "SIGHUP received: taking the configuration anew")]
        public static partial void Hangup(ILogger logger);

        [LoggerMessage(4, LogLevel.Error, "The reload failed; the old configuration stays in force")]
        public static partial void ReloadFailed(ILogger logger, Exception exception);
    }
}
