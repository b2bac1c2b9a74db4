using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using MetricsRelay.Exposition;

namespace MetricsRelay.Scrape;

/// <summary>Gets one target's exposition over HTTP, within all limits, into a snapshot.</summary>
internal sealed class TargetReader(Uri url, ScrapeOptions options, ISeriesShaper shaper, HttpClient http, TimeProvider time)
{
    private const string Accept =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.8,"
        + "application/openmetrics-text;version=1.0.0;q=0.75,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    // Below this many series, texts and names a catalog is not worth beginning anew.
    private const int SmallCatalog = 4096;

    // Before the first of these every snapshot has its size too; by the last the slow readers of the beginning are gone.
    private const int ScrapesToSettle = 16;
    private const int FirstSettling = 12;

    private readonly ExpositionParser _parser = new();
    private readonly SnapshotPool _snapshots = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly string _timeoutSeconds =
        options.EffectiveTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    private Catalog? _catalog;
    private int _firstNames;
    private int _settledSeries;
    private int _scrapesToSettle;

    /// <summary>Bytes of the body read last, decompressed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Samples in the body read last, the dropped ones too.</summary>
    public int Samples { get; private set; }

    /// <summary>Samples of the body read last that are not passed on.</summary>
    public int Dropped { get; private set; }

    /// <exception cref="ScrapeFailedException">Anything that a target can do wrong.</exception>
    public async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Bytes = Samples = Dropped = 0;
        using var timeout = new CancellationTokenSource(options.EffectiveTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("Accept", Accept);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
            request.Headers.TryAddWithoutValidation("X-Prometheus-Scrape-Timeout-Seconds", _timeoutSeconds);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new ScrapeFailedException("status", $"{url} answered {(int)response.StatusCode} {response.ReasonPhrase}",
                    "Check the path in Scrape:Targets and what the target says.");
            }

            var format = FormatOf(response.Content.Headers.ContentType);
            await using var encoded = await response.Content.ReadAsStreamAsync(either.Token);
            await using var body = Decompressed(encoded, response.Content.Headers.ContentEncoding);
            return await ParseAsync(body, format, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ScrapeFailedException("timeout",
                $"{url} did not answer within {_timeoutSeconds} s (after {Bytes} bytes)",
                "See why the target is slow, or raise Scrape:Timeout.");
        }
        catch (HttpRequestException e)
        {
            throw new ScrapeFailedException("connection", $"{url}: {e.Message}", "Check that the target runs and listens there.");
        }
        catch (InvalidDataException e)
        {
            throw new ScrapeFailedException("format", $"{url}: {e.Message}", "Check the target's Content-Encoding.");
        }
        catch (IOException e)
        {
            throw new ScrapeFailedException("connection", $"{url}: {e.Message} (after {Bytes} bytes)",
                "See why the target ended its answer early.");
        }
    }

    private async Task<Snapshot> ParseAsync(Stream body, ExpositionFormat format, CancellationToken cancellationToken)
    {
        var catalog = _catalog?.Format == format ? _catalog : _catalog = new Catalog(format, shaper);
        var snapshot = _snapshots.Take();
        try
        {
            _parser.Begin(catalog, snapshot, options.MaxSamples);
            while (true)
            {
                var read = await body.ReadAsync(_buffer, cancellationToken);
                if (read == 0)
                {
                    break;
                }

                Bytes += read;
                if (Bytes > options.MaxBodyBytes)
                {
                    throw new ScrapeFailedException("body_limit", $"{url} sent more than {options.MaxBodyBytes} bytes",
                        "Raise Scrape:MaxBodyBytes if the target means it.");
                }

                _parser.Feed(_buffer.AsSpan(0, read));
            }

            _parser.Finish();
            return snapshot;
        }
        catch (ExpositionException e)
        {
            snapshot.Release();
            throw new ScrapeFailedException("format",
                $"{url} is not valid {(format == ExpositionFormat.Text ? "Prometheus text" : "OpenMetrics")}: {e.Message}",
                "Run `metrics-relay check-metrics` on what the target exposes.");
        }
        catch (SampleLimitException e)
        {
            snapshot.Release();
            throw new ScrapeFailedException("sample_limit", $"{url} exposes {e.Message}", "Have the target expose less, or raise it.");
        }
        catch (Exception e)
        {
            snapshot.Release();
            if (e is not (ScrapeFailedException or OperationCanceledException or IOException or InvalidDataException))
            {
                // A fault of the relay: what it left half done is not built upon.
                _catalog = null;
            }

            throw;
        }
        finally
        {
            Samples = _parser.SampleCount;
            Dropped = _parser.DroppedCount;
            Settle(catalog.SeriesCount);
            // What went out of use is let go by beginning anew, once there is more of it than of what is in use.
            if (IsMostlyOutOfUse(catalog))
            {
                _catalog = null;
            }
        }
    }

    // One series may be spelled in ever new ways, and a name may be declared without a series: so each is counted by itself.
    // How many names are in use is what the catalog's first scrape had, since a steady target never has more.
    private bool IsMostlyOutOfUse(Catalog catalog)
    {
        if (catalog.Scrape == 1)
        {
            _firstNames = catalog.Names.Count;
        }

        return IsMost(catalog.SeriesCount, Samples) || IsMost(catalog.Texts.Count, Samples) || IsMost(catalog.Names.Count, _firstNames);

        static bool IsMost(int all, int inUse) => all > SmallCatalog && all > 2 * inUse;
    }

    // A target's first scrapes leave arrays behind that were outgrown, and a heap that is as large as all of them together.
    // Once the series have stopped growing in number that is given back; what follows allocates next to nothing.
    private void Settle(int series)
    {
        if (series > _settledSeries + (_settledSeries / 4) && series > SmallCatalog)
        {
            (_settledSeries, _scrapesToSettle) = (series, ScrapesToSettle);
        }
        else if (_scrapesToSettle > 0 && --_scrapesToSettle is 0 or FirstSettling)
        {
            _snapshots.Trim();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private Stream Decompressed(Stream body, ICollection<string> encodings)
    {
        var encoding = string.Join(", ", encodings);
        return encoding.ToUpperInvariant() switch
        {
            "" or "IDENTITY" => body,
            "GZIP" or "X-GZIP" => new GZipStream(body, CompressionMode.Decompress),
            _ => throw new ScrapeFailedException("format", $"{url} answered with Content-Encoding {encoding}",
                "Have it answer with gzip or none, as the request asks."),
        };
    }

    // Old targets name no type; one that names another type is no target.
    private ExpositionFormat FormatOf(MediaTypeHeaderValue? type) => type?.MediaType?.ToUpperInvariant() switch
    {
        "APPLICATION/OPENMETRICS-TEXT" => ExpositionFormat.OpenMetrics,
        null or "TEXT/PLAIN" => ExpositionFormat.Text,
        _ => throw new ScrapeFailedException("content_type", $"{url} answered with Content-Type {type.MediaType}, which holds no metrics",
            "Check the path in Scrape:Targets."),
    };
}
