using System.Globalization;
using System.Text;
using MetricsRelay.Exposition;
using MetricsRelay.Labels;

namespace MetricsRelay.Scrape;

/// <summary>
/// One target: its last scrape, and the turns in which it is scraped. At most one scrape is under way; all who ask
/// during it share the next one.
/// </summary>
internal sealed class Target : IDisposable
{
    /// <summary>However often somebody asks, the target is not asked more often than this.</summary>
    internal static readonly TimeSpan LeastGap = TimeSpan.FromMilliseconds(100);

    /// <summary>A target may take so long to listen before it is in trouble.</summary>
    internal static readonly TimeSpan TimeToStart = TimeSpan.FromSeconds(30);

    private readonly TargetReader _reader;
    private readonly ExpositionParser _reportParser = new();
    private readonly SnapshotPool _reportSnapshots = new();
    private readonly Catalog _reportCatalog;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly long _madeAt;
    private readonly ScrapeMetrics _metrics;
    private readonly Problems _problems;
    private readonly Action _changed;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _turns = new();
    private Task _current = Task.CompletedTask;
    private Task? _next;
    private long _lastStart;
    private int _begun;
    private volatile ScrapeResult? _last;

    public Target(
        Uri url, string name, ScrapeOptions options, TargetLabels labels, ISeriesShaper shaper,
        TimeProvider time, ScrapeMetrics metrics, Problems problems, Action changed)
    {
        Url = url;
        Name = name;
        _time = time;
        _madeAt = time.GetTimestamp();
        _metrics = metrics;
        _problems = problems;
        _changed = changed;
        _http = new HttpClient(new SocketsHttpHandler
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
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("metrics-relay/1.0");
        _reader = new TargetReader(url, options, shaper, _http, time);
        _reportCatalog = new Catalog(ExpositionFormat.Text, new ReportLabels(labels));
        // Asked before the first scrape has ended, the answer is that it is not up.
        Report = MakeReport(new ScrapeResult(time.GetUtcNow(), TimeSpan.Zero, 0, 0, "none", "not scraped yet"));
    }

    public Uri Url { get; }

    /// <summary>Host and port, and the path where two targets differ only in it.</summary>
    public string Name { get; }

    /// <summary>Its place in the configuration.</summary>
    public int Order { get; init; }

    /// <summary>Whether another target may have the same series.</summary>
    public bool MayOverlap { get; init; }

    /// <summary>The last scrape that has ended, null before the first.</summary>
    public ScrapeResult? Last => _last;

    /// <summary>Since when the last scrape's outcome, up or down, has been so.</summary>
    public DateTimeOffset Since { get; private set; }

    /// <summary>Whether any scrape ever succeeded.</summary>
    public bool EverUp { get; private set; }

    /// <summary>Whether its end is no trouble any more: the relay itself is ending.</summary>
    public bool MayBeGone { get; set; }

    /// <summary>The samples of the last scrape, null when it failed. Guarded by the board's lock.</summary>
    public Snapshot? Samples { get; private set; }

    /// <summary><c>up</c> and the other series about the scrape. Guarded by the board's lock.</summary>
    public Snapshot Report { get; private set; }

    /// <summary>Taken by whoever reads <see cref="Samples"/> and <see cref="Report"/> together.</summary>
    public Lock StateLock { get; } = new();

    /// <summary>Scrapes, or joins a scrape that has not begun yet.</summary>
    /// <returns>Done when a scrape that began after the call has ended, whatever its outcome.</returns>
    public Task ScrapeAsync()
    {
        lock (_turns)
        {
            return _next ??= TakeTurnAsync(_current);
        }
    }

    /// <summary>When the last scrape began, as a <see cref="TimeProvider.GetTimestamp"/>; 0 before the first.</summary>
    public long LastStart => Interlocked.Read(ref _lastStart);

    /// <summary>How many scrapes have begun, whoever asked for them.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>The last scrape's samples, null if it failed, with what is said of it. Release both after use.</summary>
    public (Snapshot? Samples, Snapshot Report, ScrapeResult Result) Lease()
    {
        lock (StateLock)
        {
            var samples = Samples?.TryLease() == true ? Samples : null;
            return Report.TryLease() && _last is { } result
                ? (samples, Report, result)
                : throw new InvalidOperationException("Nothing was scraped yet.");
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _http.Dispose();
        lock (StateLock)
        {
            Samples?.Release();
            Samples = null;
            Report.Release();
        }
    }

    private async Task TakeTurnAsync(Task before)
    {
        // However the turn before has ended, this one follows.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        if (_lastStart != 0 && _time.GetElapsedTime(_lastStart) is var since && since < LeastGap)
        {
            await Task.Delay(LeastGap - since, _time, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        lock (_turns)
        {
            _current = _next!;
            _next = null;
        }

        if (!_stopped.IsCancellationRequested)
        {
            await ScrapeNowAsync();
        }
    }

    // The relay is there before the processes that it scrapes: until they listen, nothing is wrong.
    private bool IsStillStarting(string outcome) =>
        !EverUp && outcome == "connection" && _time.GetElapsedTime(_madeAt) < TimeToStart;

    private async Task ScrapeNowAsync()
    {
        var at = _time.GetUtcNow();
        var start = _time.GetTimestamp();
        Interlocked.Exchange(ref _lastStart, start);
        Interlocked.Increment(ref _begun);
        Snapshot? samples = null;
        var (outcome, error, remedy) = ("success", (string?)null, "");
        try
        {
            samples = await _reader.ReadAsync(_stopped.Token);
        }
        catch (ScrapeFailedException e)
        {
            (outcome, error, remedy) = (e.Outcome, e.Message, e.Remedy);
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            // Nothing that a target sends, be it more than there is memory for, may end the scraping of it.
            (outcome, error, remedy) = Fault(e);
        }

        try
        {
            Conclude(samples, new ScrapeResult(
                at, _time.GetElapsedTime(start), samples is null ? 0 : _reader.Samples, _reader.Bytes, outcome, error), remedy);
        }
        catch (Exception e)
        {
            // What cannot be passed on must not look as if it were up.
            (outcome, error, remedy) = Fault(e);
            Conclude(null, new ScrapeResult(at, _time.GetElapsedTime(start), 0, _reader.Bytes, outcome, error), remedy);
        }
    }

    private (string Outcome, string Error, string Remedy) Fault(Exception e) =>
        ("internal", $"{Url}: {e.GetType().Name}: {e.Message}", "This is a fault of the relay.");

    private void Conclude(Snapshot? samples, ScrapeResult result, string remedy)
    {
        if (result.Error is null)
        {
            _problems.Clear("target " + Name);
        }
        else if (!MayBeGone && !IsStillStarting(result.Outcome))
        {
            _problems.Report("target " + Name, result.Error + ".", remedy);
        }

        Publish(samples, result);
        _changed();
        _metrics.Scraped(Name, result, _reader.Dropped);
    }

    private void Publish(Snapshot? samples, ScrapeResult result)
    {
        var report = MakeReport(result);
        lock (StateLock)
        {
            Samples?.Release();
            Report.Release();
            (Samples, Report) = (samples, report);
            if (_last?.Up != result.Up)
            {
                Since = result.At;
            }

            EverUp |= result.Up;
            _last = result;
        }
    }

    private Snapshot MakeReport(ScrapeResult result)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"""
            # HELP up Whether the last scrape of the target succeeded.
            # TYPE up gauge
            up {(result.Up ? 1 : 0)}
            # HELP scrape_duration_seconds How long the last scrape of the target took.
            # TYPE scrape_duration_seconds gauge
            scrape_duration_seconds {result.Duration.TotalSeconds}
            # HELP scrape_samples_scraped Samples that the target exposed.
            # TYPE scrape_samples_scraped gauge
            scrape_samples_scraped {result.Samples}
            # HELP scrape_response_size_bytes Size of the target's answer, decompressed.
            # TYPE scrape_response_size_bytes gauge
            scrape_response_size_bytes {result.Bytes}

            """);
        var snapshot = _reportSnapshots.Take();
        _reportParser.Begin(_reportCatalog, snapshot);
        _reportParser.Feed(Encoding.UTF8.GetBytes(text));
        _reportParser.Finish();
        return snapshot;
    }
}
