using MetricsRelay.Exposition;
using MetricsRelay.Labeling;

namespace MetricsRelay.Scraping;

/// <summary>One target and the result of its last scrape.</summary>
internal sealed class Target : IDisposable
{
    /// <summary>For this time after its creation, a target that refuses connections counts as starting, not as failing.</summary>
    internal static readonly TimeSpan StartupTime = TimeSpan.FromSeconds(30);

    private readonly TargetIdentity _identity;
    private readonly TargetReader _reader;
    private readonly ScrapeReportBuilder _reports;
    private readonly ScrapeScheduler _scheduler;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly long _createdAt;
    private readonly TargetMetrics _metrics;
    private readonly Problems _problems;
    private readonly Action _onChanged;
    private readonly CancellationTokenSource _stopped = new();
    private volatile ScrapeResult? _lastResult;

    /// <param name="identity">Which target it is.</param>
    /// <param name="options">The limits.</param>
    /// <param name="labels">The labels of the series about the scrape.</param>
    /// <param name="transform">Applied to the series of the target.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Counts the scrapes.</param>
    /// <param name="problems">Receives failures.</param>
    /// <param name="onChanged">Called after each scrape.</param>
    public Target(
        TargetIdentity identity, ScrapeOptions options, TargetLabels labels, ISeriesTransform transform,
        TimeProvider time, TargetMetrics metrics, Problems problems, Action onChanged)
    {
        _identity = identity;
        _time = time;
        _createdAt = time.GetTimestamp();
        _metrics = metrics;
        _problems = problems;
        _onChanged = onChanged;
        _http = CreateHttpClient();
        _reader = new TargetReader(identity.Url, options, transform, _http, time);
        _reports = new ScrapeReportBuilder(labels);
        _scheduler = new ScrapeScheduler(ScrapeNowAsync, time, _stopped.Token);
        // Before the end of the first scrape, the target is reported as down.
        Report = _reports.BuildReport(new ScrapeResult(time.GetUtcNow(), TimeSpan.Zero, 0, 0, "none", "not scraped yet"));
    }

    public Uri Url => _identity.Url;

    /// <inheritdoc cref="TargetIdentity.Name"/>
    public string Name => _identity.Name;

    /// <inheritdoc cref="TargetIdentity.Order"/>
    public int Order => _identity.Order;

    /// <inheritdoc cref="TargetIdentity.MayOverlap"/>
    public bool MayOverlap => _identity.MayOverlap;

    /// <summary>The result of the last completed scrape, or null before the first.</summary>
    public ScrapeResult? LastResult => _lastResult;

    /// <summary>Since when the target is up or down.</summary>
    public DateTimeOffset StateSince { get; private set; }

    /// <summary>Whether any scrape has succeeded.</summary>
    public bool HasBeenUp { get; private set; }

    /// <summary>Whether failed scrapes are expected, because the relay is stopping.</summary>
    public bool IsStopExpected { get; set; }

    /// <summary>The samples of the last scrape, or null if it failed. Guarded by <see cref="StateLock"/>.</summary>
    public ScrapeBuffer? Samples { get; private set; }

    /// <summary><c>up</c> and the other series about the scrape. Guarded by <see cref="StateLock"/>.</summary>
    public ScrapeBuffer Report { get; private set; }

    /// <summary>Held while <see cref="Samples"/> and <see cref="Report"/> are read together.</summary>
    public Lock StateLock { get; } = new();

    /// <inheritdoc cref="ScrapeScheduler.LastStart"/>
    public long LastStart => _scheduler.LastStart;

    /// <inheritdoc cref="ScrapeScheduler.StartedCount"/>
    public int StartedCount => _scheduler.StartedCount;

    /// <inheritdoc cref="ScrapeScheduler.RequestScrapeAsync"/>
    public Task ScrapeAsync() => _scheduler.RequestScrapeAsync();

    /// <summary>Leases the samples of the last scrape, null if it failed, and the report about it. Release both after use.</summary>
    public (ScrapeBuffer? Samples, ScrapeBuffer Report, ScrapeResult Result) LeaseLastScrape()
    {
        lock (StateLock)
        {
            var samples = Samples?.TryLease() == true ? Samples : null;
            return Report.TryLease() && _lastResult is { } result
                ? (samples, Report, result)
                : throw new InvalidOperationException("The target has not been scraped yet.");
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _http.Dispose();
        lock (StateLock)
        {
            Samples?.ReleaseLease();
            Samples = null;
            Report.ReleaseLease();
        }
    }

    private static HttpClient CreateHttpClient()
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 2,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("metrics-relay/1.0");
        return http;
    }

    // The relay starts before the processes that it scrapes, so connection failures are expected at first.
    private bool IsStillStarting(string outcome) =>
        !HasBeenUp && outcome == "connection" && _time.GetElapsedTime(_createdAt) < StartupTime;

    private async Task ScrapeNowAsync()
    {
        var startTime = _time.GetUtcNow();
        var start = _time.GetTimestamp();
        ScrapeBuffer? samples = null;
        var (outcome, error, remedy) = ("success", (string?)null, "");
        try
        {
            samples = await _reader.ReadAsync(_stopped.Token);
        }
        catch (ScrapeFailedException exception)
        {
            (outcome, error, remedy) = (exception.Outcome, exception.Message, exception.Remedy);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            // No response of a target may stop its scraping, not even a body that exhausts memory.
            (outcome, error, remedy) = DescribeInternalError(exception);
        }

        try
        {
            CompleteScrape(samples, new ScrapeResult(
                startTime, _time.GetElapsedTime(start), samples is null ? 0 : _reader.SampleCount, _reader.Bytes, outcome, error), remedy);
        }
        catch (Exception exception)
        {
            // A target whose samples cannot be relayed must not be reported as up.
            (outcome, error, remedy) = DescribeInternalError(exception);
            CompleteScrape(null, new ScrapeResult(startTime, _time.GetElapsedTime(start), 0, _reader.Bytes, outcome, error), remedy);
        }
    }

    private (string Outcome, string Error, string Remedy) DescribeInternalError(Exception exception) =>
        ("internal", $"{Url}: {exception.GetType().Name}: {exception.Message}", "This is a bug in the relay; please report it.");

    private void CompleteScrape(ScrapeBuffer? samples, ScrapeResult result, string remedy)
    {
        if (result.IsUp)
        {
            _problems.Clear("target " + Name);
        }
        else if (!IsStopExpected && !IsStillStarting(result.Outcome))
        {
            _problems.Report("target " + Name, $"Scrape failed: {result.Error}.", remedy);
        }

        PublishResult(samples, result);
        _onChanged();
        _metrics.RecordScrape(result, _reader.DroppedCount);
    }

    private void PublishResult(ScrapeBuffer? samples, ScrapeResult result)
    {
        var report = _reports.BuildReport(result);
        lock (StateLock)
        {
            Samples?.ReleaseLease();
            Report.ReleaseLease();
            (Samples, Report) = (samples, report);
            if (_lastResult?.IsUp != result.IsUp)
            {
                StateSince = result.StartTime;
            }

            HasBeenUp |= result.IsUp;
            _lastResult = result;
        }
    }
}
