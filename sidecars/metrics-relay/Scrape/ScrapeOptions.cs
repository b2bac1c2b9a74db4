using System.ComponentModel.DataAnnotations;

namespace MetricsRelay.Scrape;

/// <summary>What is scraped, how often, and within which limits.</summary>
public sealed class ScrapeOptions : IValidatable
{
    internal const string DefaultTarget = "http://localhost:8001/metrics";

    /// <summary>URLs of the targets, http or https. Default: <c>http://localhost:8001/metrics</c>, the agent.</summary>
    public string[] Targets { get; set; } = [];

    /// <summary>Time from scrape to scrape. Default 15 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time within which a target must have answered in full. Default 10 s; never more than the interval.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a body, decompressed, beyond which a scrape fails. Default 16 MiB.</summary>
    [Range(1024L, 1L << 31)]
    public long MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>Samples beyond which a whole scrape fails. Default 200 000.</summary>
    [Range(1, 10_000_000)]
    public int MaxSamples { get; set; } = 200_000;

    /// <summary>
    /// Whether a target's own <c>instance</c> label wins over the one that the relay adds where there are several
    /// targets. Default false: the target's becomes <c>exported_instance</c>.
    /// </summary>
    public bool HonorLabels { get; set; }

    internal IReadOnlyList<string> EffectiveTargets => Targets.Length > 0 ? Targets : [DefaultTarget];

    internal TimeSpan EffectiveTimeout => Timeout < Interval ? Timeout : Interval;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Interval < TimeSpan.FromMilliseconds(100) || Interval > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationError($"{path}{nameof(Interval)}", Interval.ToString(), "must be from 0.1 seconds to a day.");
        }

        if (Timeout < TimeSpan.FromMilliseconds(10) || Timeout > TimeSpan.FromDays(1))
        {
            yield return new ConfigurationError($"{path}{nameof(Timeout)}", Timeout.ToString(), "must be from 0.01 seconds to a day.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Targets.Length; i++)
        {
            var key = $"{path}{nameof(Targets)}:{i}";
            if (!Uri.TryCreate(Targets[i], UriKind.Absolute, out var url) || (url.Scheme != "http" && url.Scheme != "https"))
            {
                yield return new ConfigurationError(key, Targets[i], $"is not a URL. Write it as {DefaultTarget}.");
            }
            else if (!seen.Add(url.AbsoluteUri))
            {
                yield return new ConfigurationError(key, Targets[i], "is there twice. Leave one out.");
            }
        }
    }
}
