using System.ComponentModel.DataAnnotations;

namespace MetricsRelay.Scraping;

/// <summary>The targets, the scrape interval, and the limits.</summary>
public sealed class ScrapeOptions : IValidatable
{
    internal const string DefaultTarget = "http://localhost:8001/metrics";

    /// <summary>The URLs of the targets, http or https. Default: <c>http://localhost:8001/metrics</c>, the agent.</summary>
    public string[] Targets { get; set; } = [];

    /// <summary>The time between scrapes. Default 15 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The time limit for a complete response. Default 10 s; never more than the interval.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The limit for a body in decompressed bytes. A larger body fails the scrape. Default 16 MiB.</summary>
    [Range(1024L, 1L << 31)]
    public long MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>The limit for the samples of a scrape. More samples fail the scrape. Default 200 000.</summary>
    [Range(1, 10_000_000)]
    public int MaxSamples { get; set; } = 200_000;

    /// <summary>
    /// Whether the <c>instance</c> label of a target is kept when the relay adds one, which it does for several targets. Default false:
    /// the label of the target becomes <c>exported_instance</c>.
    /// </summary>
    public bool HonorLabels { get; set; }

    internal IReadOnlyList<string> EffectiveTargets => Targets.Length > 0 ? Targets : [DefaultTarget];

    internal TimeSpan EffectiveTimeout => Timeout < Interval ? Timeout : Interval;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Interval < TimeSpan.FromMilliseconds(100) || Interval > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationError($"{path}{nameof(Interval)}", Interval.ToString(), "must be between 0.1 seconds and 1 day.");
        }

        if (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationError($"{path}{nameof(Timeout)}", Timeout.ToString(), "must be between 0.01 seconds and 1 day.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Targets.Length; i++)
        {
            var key = $"{path}{nameof(Targets)}:{i}";
            if (!Uri.TryCreate(Targets[i], UriKind.Absolute, out var url) || (url.Scheme != "http" && url.Scheme != "https"))
            {
                yield return new ConfigurationError(key, Targets[i], $"is not an http or https URL. Example: {DefaultTarget}.");
            }
            else if (!seen.Add(url.AbsoluteUri))
            {
                yield return new ConfigurationError(key, Targets[i], "is listed twice. Remove one.");
            }
        }
    }
}
