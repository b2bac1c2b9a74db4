using MetricsRelay.Forward;

namespace MetricsRelay.Scrape;

/// <summary>
/// Scrapes every target on its interval, and puts a new board of targets in the place of the old one when the
/// configuration changes.
/// </summary>
internal sealed partial class Scraper(
    CurrentOptions<MetricsRelayOptions> options, TimeProvider time, ScrapeMetrics metrics, Problems problems,
    IEnumerable<IForwarder> forwarders, ILogger<Scraper> logger) : IHostedService, IReloadParticipant<MetricsRelayOptions>, IDisposable
{
    // A target that was never up is probably just starting: the relay is there before the process that it scrapes.
    private static readonly TimeSpan RetryUntilUp = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(2);

    private readonly IForwarder[] _forwarders = [.. forwarders];
    private volatile Running? _running;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys { get; } = ["Scrape", "ExternalLabels", "Relabel"];

    /// <summary>The targets now in force.</summary>
    public Board Board => (_running ??= new Running(this, MakeBoard(options.Value))).Board;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _running ??= new Running(this, MakeBoard(options.Value));
        _running.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_running is { } running)
        {
            await running.StopAsync();
            var last = _forwarders.Where(forwarder => forwarder.WantsALastScrape).ToList();
            if (last.Count > 0)
            {
                await ScrapeOnceMoreAsync(running.Board, last, cancellationToken);
            }
        }
    }

    public ValueTask<Action> PrepareAsync(MetricsRelayOptions next, CancellationToken cancellationToken)
    {
        var prepared = new Running(this, MakeBoard(next));
        return ValueTask.FromResult<Action>(() =>
        {
            var last = _running;
            _running = prepared;
            prepared.Start();
            last?.Dispose();
            foreach (var forwarder in _forwarders)
            {
                forwarder.End(prepared.Board.Targets.Select(target => target.Name).ToHashSet());
            }
        });
    }

    public void Dispose() => _running?.Dispose();

    private Board MakeBoard(MetricsRelayOptions from) => new(from, time, metrics, problems);

    private async Task ScrapeOnceMoreAsync(Board board, List<IForwarder> forwarders, CancellationToken cancellationToken)
    {
        foreach (var target in board.Targets)
        {
            target.MayBeGone = true;
        }

        // When the time is up, what is there is all the more what they get.
        await board.RefreshAsync(LastPatience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var target in board.Targets.Where(target => target.Last is { Up: true }))
        {
            forwarders.ForEach(forwarder => forwarder.Take(target));
        }
    }

    private async Task RunAsync(Target target, ScrapeOptions scrape, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var announced = false;
        var awaited = false;
        var begun = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            // Whoever asks for the metrics has the targets scraped; then the scrape of the interval is one too many.
            var asked = target.Begun > begun;
            begun = target.Begun;
            if (_forwarders.Length > 0 || !asked)
            {
                begun++;
                // One that is under way when the relay ends is not waited for: a target that hangs would use up the time
                // that the forwarders have to say goodbye.
                await target.ScrapeAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Forward(target, cancellationToken);
            }

            if (!announced && target.Last is { Up: true } first)
            {
                announced = true;
                Log.Up(logger, target.Name, first.Samples, (long)first.Duration.TotalMilliseconds);
            }
            else if (!awaited && target.Last is { Outcome: "connection" } && !target.EverUp)
            {
                awaited = true;
                Log.Awaited(logger, target.Name);
            }

            // On a grid that began at the start, so that no delay adds up.
            var elapsed = time.GetElapsedTime(start);
            var wait = scrape.Interval - TimeSpan.FromTicks(elapsed.Ticks % scrape.Interval.Ticks);
            if (asked && _forwarders.Length == 0)
            {
                // In the middle between two turns of whoever asks, so that it does not matter if these are not quite even.
                var late = (1.5 * scrape.Interval) - time.GetElapsedTime(target.LastStart);
                wait = late > TimeSpan.Zero ? late : TimeSpan.Zero;
                start = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
            }

            if (!target.EverUp && wait > RetryUntilUp)
            {
                wait = RetryUntilUp;
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Forward(Target target, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || target.Last is null)
        {
            return;
        }

        foreach (var forwarder in _forwarders)
        {
            var area = $"forward {forwarder.Name}";
            try
            {
                forwarder.Take(target);
                problems.Clear(area);
            }
            catch (Exception e)
            {
                // A target that a reload has just taken away has nothing to take any more.
                if (!cancellationToken.IsCancellationRequested)
                {
                    problems.Report(area, $"{forwarder.Name} could not take a scrape of {target.Name}: {e.GetType().Name}: {e.Message}.",
                        "That scrape is not forwarded, the next one is tried. This is a fault of the relay.", e);
                }
            }
        }
    }

    private sealed class Running(Scraper scraper, Board board) : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private Task _loops = Task.CompletedTask;

        public Board Board => board;

        public void Start() => _loops = Task.WhenAll(board.Targets.Select(
            target => Task.Run(() => scraper.RunAsync(target, board.Options.Scrape, _stop.Token))));

        // The board stays: the management port answers with it until the very end.
        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _loops;
        }

        public void Dispose()
        {
            _stop.Cancel();
            board.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(101, LogLevel.Information, "Target {Target} does not listen yet: it is asked each second")]
        public static partial void Awaited(ILogger logger, string target);

        [LoggerMessage(100, LogLevel.Information, "Target {Target} is up: {Samples} samples in {Milliseconds} ms")]
        public static partial void Up(ILogger logger, string target, int samples, long milliseconds);
    }
}
