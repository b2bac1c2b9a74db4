using System.Diagnostics.Metrics;
using ConfigReloader.Watching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit;

namespace ConfigReloader.Tests.Support;

/// <summary>A watch with its loop, on real files and real targets, without the process around it.</summary>
internal sealed class WatchUnderTest : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WatchFactory _factory;
    private readonly Watch _watch;
    private readonly Task _loop;

    public WatchUnderTest(WatchOptions options, string? stateFile = null)
    {
        Problems = new Problems(TimeProvider.System, NullLogger<Problems>.Instance);
        _factory = new WatchFactory(
            new WatchMetrics(_services.GetRequiredService<IMeterFactory>(), new WatchStates()),
            new DeliveredState(stateFile, Problems),
            Problems,
            new ProcessIdentity("config-reloader", "1.0.0"),
            TimeProvider.System,
            NullLogger<Watch>.Instance);
        _watch = _factory.Create("app", options);
        _loop = Task.Run(() => _watch.RunAsync(_stopping.Token, _stopping.Token));
    }

    public Problems Problems { get; }

    public WatchState State => _watch.State;

    public string? NotReadyBecause => _watch.NotReadyBecause;

    /// <summary>Options with waits that suit a test.</summary>
    public static WatchOptions Options(string directory) => new()
    {
        Directory = directory,
        Debounce = TimeSpan.FromMilliseconds(30),
        PollInterval = TimeSpan.FromSeconds(10),
        Target = { RetryDelay = TimeSpan.FromMilliseconds(50), MaxRetryDelay = TimeSpan.FromMilliseconds(200) },
    };

    /// <summary>Waits until the watch is in a phase.</summary>
    public Task ComesToAsync(WatchPhase phase) => Eventually.HoldsAsync(() => State.Phase == phase, $"{phase}; is {State}");

    /// <summary>Waits until what is in the directory has arrived.</summary>
    public Task HasDeliveredAsync(string directory)
    {
        var wanted = Source.Directory(directory).Read(withContent: false, CancellationToken.None).Fingerprint;
        return Eventually.HoldsAsync(() => State.Delivered == wanted, $"{wanted} delivered; is {State}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
        _factory.Dispose();
        await _services.DisposeAsync();
    }
}
