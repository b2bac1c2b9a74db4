using Microsoft.Net.Http.Headers;

namespace MetricsRelay.Exposition;

/// <summary>What the reader of an exposition asked for.</summary>
/// <param name="Format">OpenMetrics only when the reader prefers it to text; text when it says nothing.</param>
/// <param name="Escaping">UTF-8 names only when asked for.</param>
/// <param name="Gzip">Whether it takes gzip.</param>
internal readonly record struct Negotiation(ExpositionFormat Format, Escaping Escaping, bool Gzip)
{
    /// <summary>The type to answer with.</summary>
    public string ContentType => (Format, Escaping) switch
    {
        (ExpositionFormat.OpenMetrics, Escaping.AllowUtf8) =>
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        (ExpositionFormat.OpenMetrics, _) => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        (_, Escaping.AllowUtf8) => "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        _ => "text/plain; version=0.0.4; charset=utf-8",
    };

    public static Negotiation Of(HttpRequest request)
    {
        var format = ExpositionFormat.Text;
        var escaping = Escaping.Underscores;
        double best = 0;
        if (MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            foreach (var range in accepted)
            {
                var quality = range.Quality ?? 1;
                if (FormatOf(range) is { } offered
                    && (quality > best || (quality == best && quality > 0 && offered == ExpositionFormat.OpenMetrics
                        && format == ExpositionFormat.Text)))
                {
                    best = quality;
                    format = offered;
                    escaping = Parameter(range, "escaping") == "allow-utf-8" ? Escaping.AllowUtf8 : Escaping.Underscores;
                }
            }
        }

        return new Negotiation(format, escaping, AcceptsGzip(request));
    }

    private static ExpositionFormat? FormatOf(MediaTypeHeaderValue range)
    {
        var version = Parameter(range, "version");
        if (range.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
        {
            // 0.0.1 is what 1.0.0 was called while it was a draft.
            return version is null or "1.0.0" or "0.0.1" ? ExpositionFormat.OpenMetrics : null;
        }

        return range.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)
            || range.MatchesAllTypes
            || range.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase)
            ? ExpositionFormat.Text
            : null;
    }

    private static string? Parameter(MediaTypeHeaderValue range, string name)
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

    private static bool AcceptsGzip(HttpRequest request)
    {
        if (!StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var encodings))
        {
            return false;
        }

        double? gzip = null;
        double any = 0;
        foreach (var encoding in encodings)
        {
            if (encoding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            {
                gzip = encoding.Quality ?? 1;
            }
            else if (encoding.Value == "*")
            {
                any = encoding.Quality ?? 1;
            }
        }

        return (gzip ?? any) > 0;
    }
}
