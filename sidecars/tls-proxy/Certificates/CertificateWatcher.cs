using System.Threading.Channels;

namespace TlsProxy.Certificates;

/// <summary>
/// Looks at the directories when they change, and every <see cref="TlsOptions.PollSeconds"/> in any case: a Secret
/// volume is updated by renaming <c>..data</c>, of which a watcher on <c>tls.crt</c> would never hear, and some volumes
/// raise no event at all.
/// </summary>
internal sealed partial class CertificateWatcher(
    CertificateStore store, CertificateExpiry expiry, ProxyMetrics metrics, TlsProxyOptions options, TimeProvider time, ILogger<CertificateWatcher> logger)
    : BackgroundService
{
    /// <summary>Holds at most one wake-up; completed by nobody, for it ends with the process.</summary>
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The first load, before anything listens: without a certificate the process does not start.</summary>
    /// <exception cref="ConfigurationException">A directory holds nothing that can be served.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        store.Use(CertificateStore.Open(options.Tls, time.GetUtcNow()));
        metrics.ObserveExpiry(expiry.Measure);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watched = store.Slots;
        var watchers = WatchAll(watched);
        await using var poll = time.CreateTimer(_ => _wake.Writer.TryWrite(true), null, TimeSpan.Zero, TimeSpan.FromSeconds(options.Tls.PollSeconds));
        try
        {
            await foreach (var _ in _wake.Reader.ReadAllAsync(stoppingToken))
            {
                Look();
                if (!ReferenceEquals(watched, store.Slots))
                {
                    // A reload of the configuration named other directories.
                    watchers.ForEach(w => w.Dispose());
                    watched = store.Slots;
                    watchers = WatchAll(watched);
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

    private void Look()
    {
        try
        {
            store.Refresh();
            expiry.Warn();
        }
        catch (Exception e)
        {
            // Whatever lies in the directory, the certificate in force goes on being served and the next look comes.
            Log.LookFailed(logger, e);
        }
    }

    private List<FileSystemWatcher> WatchAll(IReadOnlyList<CertificateSlot> slots) =>
        [.. slots.Select(slot => Watch(slot.Directory)).OfType<FileSystemWatcher>()];

    private FileSystemWatcher? Watch(string directory)
    {
        try
        {
            var watcher = new FileSystemWatcher(directory)
            {
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.CreationTime,
            };
            watcher.Created += (_, _) => _wake.Writer.TryWrite(true);
            watcher.Changed += (_, _) => _wake.Writer.TryWrite(true);
            watcher.Deleted += (_, _) => _wake.Writer.TryWrite(true);
            watcher.Renamed += (_, _) => _wake.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // Out of inotify instances, most often. The poll finds every change as well, only later.
            Log.NotWatched(logger, directory, options.Tls.PollSeconds, e);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(110, LogLevel.Warning, "{Directory} cannot be watched; it is read every {Seconds} s instead")]
        public static partial void NotWatched(ILogger logger, string directory, int seconds, Exception cause);

        [LoggerMessage(111, LogLevel.Error, "Looking for new certificates failed")]
        public static partial void LookFailed(ILogger logger, Exception cause);
    }
}
