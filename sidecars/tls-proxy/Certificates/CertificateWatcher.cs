using System.Threading.Channels;

namespace TlsProxy.Certificates;

/// <summary>
/// Scans the directories when they change, and every <see cref="TlsOptions.PollSeconds"/>. A Secret volume is updated by renaming
/// <c>..data</c>, which a watcher of <c>tls.crt</c> would not notice, and some volumes raise no events.
/// </summary>
internal sealed partial class CertificateWatcher(
    CertificateStore store, CertificateExpiry expiry, TlsOptions options, TimeProvider time, ILogger<CertificateWatcher> logger)
    : BackgroundService
{
    /// <summary>Holds at most one pending wake-up. Never completed; it ends with the process.</summary>
    private readonly Channel<bool> _wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Loads the certificates before the listeners start: without a certificate the process exits.</summary>
    /// <exception cref="ConfigurationException">A directory contains no certificate that can be served.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        store.ReplaceSlots(CertificateStore.LoadSlots(options, time.GetUtcNow()));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watched = store.Slots;
        var watchers = WatchDirectories(watched);
        await using var poll = time.CreateTimer(
            _ => _wakeUps.Writer.TryWrite(true), null, TimeSpan.Zero, TimeSpan.FromSeconds(options.PollSeconds));
        try
        {
            await foreach (var _ in _wakeUps.Reader.ReadAllAsync(stoppingToken))
            {
                ScanCertificates();
                if (!ReferenceEquals(watched, store.Slots))
                {
                    // A reload replaced the directories.
                    watchers.ForEach(w => w.Dispose());
                    watched = store.Slots;
                    watchers = WatchDirectories(watched);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            watchers.ForEach(w => w.Dispose());
        }
    }

    private void ScanCertificates()
    {
        try
        {
            store.ScanDirectories();
            expiry.LogWarnings();
        }
        catch (Exception exception)
        {
            // No content of a directory may stop the watcher; the current certificates are still served.
            Log.ScanFailed(logger, exception);
        }
    }

    private List<FileSystemWatcher> WatchDirectories(IReadOnlyList<CertificateSlot> slots) =>
        [.. slots.Select(slot => WatchDirectory(slot.Directory)).OfType<FileSystemWatcher>()];

    private FileSystemWatcher? WatchDirectory(string directory)
    {
        try
        {
            var watcher = new FileSystemWatcher(directory)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.CreationTime,
            };
            watcher.Created += (_, _) => _wakeUps.Writer.TryWrite(true);
            watcher.Changed += (_, _) => _wakeUps.Writer.TryWrite(true);
            watcher.Deleted += (_, _) => _wakeUps.Writer.TryWrite(true);
            watcher.Renamed += (_, _) => _wakeUps.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // Usually the limit of inotify instances is reached. Polling finds every change as well, with a delay.
            Log.WatchFailed(logger, directory, options.PollSeconds, exception);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "Watching {Directory} failed; scanning it every {Seconds} s instead")]
        public static partial void WatchFailed(ILogger logger, string directory, int seconds, Exception exception);

        [LoggerMessage(111, LogLevel.Error, "Certificate scan failed; the current certificates are still served")]
        public static partial void ScanFailed(ILogger logger, Exception exception);
    }
}
