using System.Text;
using MetricsRelay.Storage;

namespace MetricsRelay.Exposition;

/// <summary>
/// Everything a target has exposed so far except the numbers: its names, families, series and their texts. Each scrape adds what is
/// new; a scrape without new series allocates nothing. A catalog only grows. The scraper replaces it when most of it is unused.
/// </summary>
internal sealed class SeriesCatalog
{
    private readonly SeriesIdentityHasher _hasher = new();
    private readonly WideHashTable _seriesIds = new();
    private readonly WideHashTable _metricIds = new();
    private readonly Dictionary<(int Name, MetricType Type), Family> _families = [];

    public SeriesCatalog(ExpositionFormat format, ISeriesTransform transform)
    {
        Format = format;
        Outputs = new OutputSeriesTable(format, transform, Texts.Texts, _hasher);
    }

    /// <summary>The format of the target.</summary>
    public ExpositionFormat Format { get; }

    /// <summary>The series as the target writes them.</summary>
    public TextTable Texts { get; } = new(new ByteArena());

    /// <summary>The names of samples and families.</summary>
    public TextTable Names { get; } = new(new ByteArena());

    /// <summary>The series as the relay writes them.</summary>
    public OutputSeriesTable Outputs { get; }

    /// <summary>By text id: the series, and the text that followed it in the last scrape. Both -1 when unknown.</summary>
    public (int SeriesId, int NextTextId)[] TextLinks { get; private set; } = new (int, int)[48];

    public Series[] Series { get; private set; } = new Series[48];

    public MetricState[] Metrics { get; private set; } = new MetricState[16];

    /// <summary>By name id: the family that uses the name, and in which scrape.</summary>
    public (int ScrapeNumber, Family? Family)[] NameOwners { get; private set; } = new (int, Family?)[48];

    public int SeriesCount => _seriesIds.Count;

    /// <summary>The number of the current scrape of this catalog, from 1.</summary>
    public int ScrapeNumber { get; set; }

    /// <summary>The number of the last metric point of all scrapes.</summary>
    public int PointNumber { get; set; }

    public int GetNameId(ReadOnlySpan<byte> name)
    {
        var id = Names.FindOrAddText(name);
        if (id >= NameOwners.Length)
        {
            var owners = NameOwners;
            Array.Resize(ref owners, Math.Max(id + 1, owners.Length * 2));
            NameOwners = owners;
        }

        return id;
    }

    /// <summary>Finds or adds a family.</summary>
    public Family GetFamily(ReadOnlySpan<byte> name, MetricType type)
    {
        var id = GetNameId(name);
        if (!_families.TryGetValue((id, type), out var family))
        {
            family = new Family(Encoding.UTF8.GetString(name), type, Format);
            var reserved = new List<int> { id };
            foreach (var suffix in Family.GetSuffixes(Format, type))
            {
                reserved.Add(GetNameId(Encoding.UTF8.GetBytes(family.Name + suffix)));
            }

            family.ReservedNameIds = [.. reserved];
            _families.Add((id, type), family);
        }

        return family;
    }

    /// <summary>Adds the text of a series, with an entry in <see cref="TextLinks"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="previousId">The id of the text in the previous line, or -1.</param>
    /// <returns>The id of the text.</returns>
    public int AddSeriesText(ReadOnlySpan<byte> text, int previousId)
    {
        var id = Texts.AddText(text, previousId);
        if (id >= TextLinks.Length)
        {
            var links = TextLinks;
            Array.Resize(ref links, ArrayGrowth.NextLength(links.Length, id + 1));
            TextLinks = links;
        }

        TextLinks[id] = (-1, -1);
        return id;
    }

    /// <summary>Finds or adds the series of a family with these labels.</summary>
    /// <param name="family">The family.</param>
    /// <param name="kind">The part of the family that the series is.</param>
    /// <param name="name">The sample name.</param>
    /// <param name="labels">The labels; changed in place when the series is new.</param>
    /// <param name="bound">The <c>le</c> or quantile, or 0.</param>
    /// <param name="textId">The id of the text of the series.</param>
    public int GetSeriesId(Family family, SampleKind kind, string name, List<Label> labels, double bound, int textId)
    {
        var identity = _hasher.ComputeIdentity(name, labels, family.Type);
        var id = _seriesIds.FindId(identity);
        if (id >= 0)
        {
            return id;
        }

        var series = new Series { Family = family, Kind = kind, OutputKind = kind, Bound = bound, MetricId = -1 };
        if (HasCompositeMetrics(family.Type))
        {
            series.MetricId = GetMetricId(family, kind, labels);
        }

        Outputs.ResolveOutput(ref series, _seriesIds.Count, name, labels, textId);
        // Added last: a series whose text cannot be stored must not be found later.
        id = _seriesIds.AddHash(identity);
        if (id == Series.Length)
        {
            var all = Series;
            Array.Resize(ref all, ArrayGrowth.NextLength(id, id + 1));
            Series = all;
        }

        Series[id] = series;
        return id;
    }

    private static bool HasCompositeMetrics(MetricType type) => type is not (MetricType.Gauge or MetricType.Unknown or MetricType.Info);

    private int GetMetricId(Family family, SampleKind kind, List<Label> labels)
    {
        var omittedLabel = kind switch
        {
            SampleKind.Bucket => "le",
            SampleKind.Quantile => "quantile",
            SampleKind.State => family.Name,
            _ => null,
        };
        var identity = _hasher.ComputeIdentity(family.Name, labels, family.Type, omittedLabel);
        var id = _metricIds.FindId(identity);
        if (id < 0)
        {
            id = _metricIds.AddHash(identity);
            if (id == Metrics.Length)
            {
                var metrics = Metrics;
                Array.Resize(ref metrics, ArrayGrowth.NextLength(id, id + 1));
                Metrics = metrics;
            }
        }

        return id;
    }
}
