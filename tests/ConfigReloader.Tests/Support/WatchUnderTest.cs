using ConfigReloader.Sources;
using ConfigReloader.Watching;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace ConfigReloader.Tests.Support;

/// <summary>A watch with its loop, on real files and real targets, but inside the test process.</summary>
internal sealed class WatchUnderTest : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly WatchFactory _factory;
    private readonly Watch _watch;
    private readonly Task _loop;

    public WatchUnderTest(WatchOptions options, string? stateFile = null)
    {
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        var registry = Metrics.NewCustomRegistry();
        _factory = new WatchFactory(
            new WatchMetrics(Metrics.WithCustomRegistry(registry), registry, new ActiveWatches()),
            new DeliveryStateFile(stateFile, Problems),
            Problems,
            new ProcessIdentity("config-reloader", "1.0.0"),
            TimeProvider.System,
            NullLogger<Watch>.Instance);
        _watch = _factory.CreateWatch("app", options);
        _loop = Task.Run(() => _watch.RunLoopAsync(_stopping.Token, _stopping.Token));
    }

    public Problems Problems { get; }

    public WatchReport Report => _watch.Report;

    public string? NotReadyReason => _watch.NotReadyReason;

    /// <summary>Options with short delays.</summary>
    public static WatchOptions Options(string directory) => new()
    {
        Directory = directory,
        Debounce = TimeSpan.FromMilliseconds(30),
        PollInterval = TimeSpan.FromSeconds(10),
        Target = { RetryDelay = TimeSpan.FromMilliseconds(50), MaxRetryDelay = TimeSpan.FromMilliseconds(200) },
    };

    /// <summary>Waits until the watch is in a phase.</summary>
    public Task WaitForPhaseAsync(WatchPhase phase) => Eventually.AssertAsync(() => Report.Phase == phase, () => $"{phase}; is {Report}");

    /// <summary>Waits until the content of the directory was delivered.</summary>
    public Task WaitForDeliveryAsync(string directory)
    {
        var expected = WatchedSource.ForDirectory(directory).ReadSnapshot(withContent: false, CancellationToken.None).Fingerprint;
        return Eventually.AssertAsync(() => Report.DeliveredFingerprint == expected, () => $"{expected} delivered; is {Report}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _factory.Dispose();
    }
}
