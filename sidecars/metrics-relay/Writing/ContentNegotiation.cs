using MetricsRelay.Exposition;
using Microsoft.Net.Http.Headers;

namespace MetricsRelay.Writing;

/// <summary>The format and encoding that a request accepts.</summary>
/// <param name="Format">OpenMetrics if the request prefers it, otherwise text.</param>
/// <param name="Escaping">UTF-8 names only on request.</param>
/// <param name="AcceptsGzip">Whether gzip is accepted.</param>
internal readonly record struct ContentNegotiation(ExpositionFormat Format, NameEscaping Escaping, bool AcceptsGzip)
{
    /// <summary>The content type of the response.</summary>
    public string ContentType => (Format, Escaping) switch
    {
        (ExpositionFormat.OpenMetrics, NameEscaping.AllowUtf8) =>
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        (ExpositionFormat.OpenMetrics, _) => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        (_, NameEscaping.AllowUtf8) => "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        _ => "text/plain; version=0.0.4; charset=utf-8",
    };

    public static ContentNegotiation ReadFrom(HttpRequest request)
    {
        var format = ExpositionFormat.Text;
        var escaping = NameEscaping.Underscores;
        double best = 0;
        if (MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            foreach (var range in accepted)
            {
                var quality = range.Quality ?? 1;
                if (GetFormat(range) is { } offered
                    && (quality > best || (quality == best && quality > 0 && offered == ExpositionFormat.OpenMetrics
                        && format == ExpositionFormat.Text)))
                {
                    best = quality;
                    format = offered;
                    escaping = GetParameter(range, "escaping") == "allow-utf-8" ? NameEscaping.AllowUtf8 : NameEscaping.Underscores;
                }
            }
        }

        return new ContentNegotiation(format, escaping, ReadAcceptsGzip(request));
    }

    private static ExpositionFormat? GetFormat(MediaTypeHeaderValue range)
    {
        var version = GetParameter(range, "version");
        if (range.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
        {
            // Drafts of 1.0.0 had the version 0.0.1.
            return version is null or "1.0.0" or "0.0.1" ? ExpositionFormat.OpenMetrics : null;
        }

        return range.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)
            || range.MatchesAllTypes
            || range.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase)
            ? ExpositionFormat.Text
            : null;
    }

    private static string? GetParameter(MediaTypeHeaderValue range, string name)
    {
        foreach (var parameter in range.Parameters)
        {
            if (parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return parameter.GetUnescapedValue().ToString();
            }
        }

        return null;
    }

    private static bool ReadAcceptsGzip(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var encodings))
        {
            return false;
        }

        double? gzip = null;
        double wildcard = 0;
        foreach (var encoding in encodings)
        {
            if (encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            {
                gzip = encoding.Quality ?? 1;
            }
            else if (encoding.Value == "*")
            {
                wildcard = encoding.Quality ?? 1;
            }
        }

        return (gzip ?? wildcard) > 0;
    }
}
