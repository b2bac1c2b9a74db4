using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using MetricsRelay.Exposition;
using MetricsRelay.Parsing;

namespace MetricsRelay.Scraping;

/// <summary>Requests the exposition of a target over HTTP and parses it into a buffer, within all limits.</summary>
internal sealed class TargetReader
{
    private const string Accept =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.8,"
        + "application/openmetrics-text;version=1.0.0;q=0.75,"
        + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    private readonly Uri _url;
    private readonly ScrapeOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ExpositionParser _parser = new();
    private readonly ScrapeBufferPool _buffers = new();
    private readonly HeapCompactor _compactor;
    private readonly CatalogLifetime _catalogs;
    private readonly byte[] _readBuffer = new byte[64 * 1024];
    private readonly string _timeoutSeconds;

    public TargetReader(Uri url, ScrapeOptions options, ISeriesTransform transform, HttpClient http, TimeProvider time)
    {
        (_url, _options, _http, _time) = (url, options, http, time);
        _compactor = new HeapCompactor(_buffers);
        _catalogs = new CatalogLifetime(transform);
        _timeoutSeconds = options.EffectiveTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The decompressed bytes of the last body.</summary>
    public long Bytes { get; private set; }

    /// <summary>The number of samples in the last body, including dropped ones.</summary>
    public int SampleCount { get; private set; }

    /// <summary>The number of samples in the last body that are not relayed.</summary>
    public int DroppedCount { get; private set; }

    /// <returns>A buffer whose first lease belongs to the caller.</returns>
    /// <exception cref="ScrapeFailedException">The target or the connection failed, or a limit was exceeded.</exception>
    public async Task<ScrapeBuffer> ReadAsync(CancellationToken cancellationToken)
    {
        Bytes = SampleCount = DroppedCount = 0;
        using var timeout = new CancellationTokenSource(_options.EffectiveTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = CreateRequest();
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new ScrapeFailedException("status", $"{_url} returned {(int)response.StatusCode} {response.ReasonPhrase}",
                    "Check the path in Scrape:Targets and the log of the target.");
            }

            var format = GetFormat(response.Content.Headers.ContentType);
            await using var encoded = await response.Content.ReadAsStreamAsync(either.Token);
            await using var body = DecompressBody(encoded, response.Content.Headers.ContentEncoding);
            return await ParseBodyAsync(body, format, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ScrapeFailedException("timeout",
                $"{_url} did not respond completely within {_timeoutSeconds} s (received {Bytes} bytes)",
                "Find out why the target is slow, or increase Scrape:Timeout.");
        }
        catch (HttpRequestException exception)
        {
            throw new ScrapeFailedException(
                "connection", $"{_url}: {exception.Message}", "Check that the target is running and listening on this address.");
        }
        catch (InvalidDataException exception)
        {
            throw new ScrapeFailedException("format", $"{_url}: {exception.Message}", "Check the Content-Encoding of the target.");
        }
        catch (IOException exception)
        {
            throw new ScrapeFailedException("connection", $"{_url}: {exception.Message} (received {Bytes} bytes)",
                "Find out why the target closed the connection early.");
        }
    }

    private HttpRequestMessage CreateRequest()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.TryAddWithoutValidation("Accept", Accept);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        request.Headers.TryAddWithoutValidation("X-Prometheus-Scrape-Timeout-Seconds", _timeoutSeconds);
        return request;
    }

    private async Task<ScrapeBuffer> ParseBodyAsync(Stream body, ExpositionFormat format, CancellationToken cancellationToken)
    {
        var catalog = _catalogs.GetCatalog(format);
        var buffer = _buffers.RentBuffer();
        try
        {
            _parser.BeginScrape(catalog, buffer, _options.MaxSamples);
            while (await body.ReadAsync(_readBuffer, cancellationToken) is > 0 and var read)
            {
                Bytes += read;
                if (Bytes > _options.MaxBodyBytes)
                {
                    throw new ScrapeFailedException("body_limit", $"{_url} sent more than {_options.MaxBodyBytes} bytes",
                        "Increase Scrape:MaxBodyBytes if this size is expected.");
                }

                _parser.ParsePiece(_readBuffer.AsSpan(0, read));
            }

            _parser.EndScrape();
            return buffer;
        }
        catch (ExpositionFormatException exception)
        {
            buffer.ReleaseLease();
            throw new ScrapeFailedException("format",
                $"{_url} is not valid {(format == ExpositionFormat.Text ? "Prometheus text" : "OpenMetrics")}: {exception.Message}",
                "Pipe the response of the target into `metrics-relay check-metrics`.");
        }
        catch (SampleLimitException exception)
        {
            buffer.ReleaseLease();
            throw new ScrapeFailedException("sample_limit", $"{_url} exposes {exception.Message}",
                "Reduce the number of series of the target, or increase Scrape:MaxSamples.");
        }
        catch (Exception exception)
        {
            buffer.ReleaseLease();
            if (exception is not (ScrapeFailedException or OperationCanceledException or IOException or InvalidDataException))
            {
                // After a bug in the relay the catalog may be inconsistent.
                _catalogs.DiscardCatalog();
            }

            throw;
        }
        finally
        {
            SampleCount = _parser.SampleCount;
            DroppedCount = _parser.DroppedCount;
            _compactor.OnScrapeCompleted(catalog.SeriesCount);
            _catalogs.DiscardIfMostlyUnused(catalog, SampleCount);
        }
    }

    private Stream DecompressBody(Stream body, ICollection<string> encodings)
    {
        var encoding = string.Join(", ", encodings);
        return encoding.ToUpperInvariant() switch
        {
            "" or "IDENTITY" => body,
            "GZIP" or "X-GZIP" => new GZipStream(body, CompressionMode.Decompress),
            _ => throw new ScrapeFailedException("format", $"{_url} responded with Content-Encoding {encoding}",
                "Configure the target to use gzip or no compression; the request accepts nothing else."),
        };
    }

    // Old targets send no content type.
    private ExpositionFormat GetFormat(MediaTypeHeaderValue? type) => type?.MediaType?.ToUpperInvariant() switch
    {
        "APPLICATION/OPENMETRICS-TEXT" => ExpositionFormat.OpenMetrics,
        null or "TEXT/PLAIN" => ExpositionFormat.Text,
        _ => throw new ScrapeFailedException("content_type",
            $"{_url} responded with Content-Type {type.MediaType}, which contains no metrics",
            "Check the path in Scrape:Targets."),
    };
}
