using System.Buffers;
using System.Globalization;
using System.Text;

namespace MetricsRelay.Exposition;

/// <summary>
/// Everything that one target ever said apart from numbers: its names, families, series and their texts. It is filled
/// by the scrapes; a scrape of a target that says nothing new reads it and allocates nothing. It only grows: the
/// scraper begins a new one when most of it has gone out of use.
/// </summary>
internal sealed class Catalog(ExpositionFormat format, ISeriesShaper shaper)
{
    private readonly IdentityTable _series = new();
    private readonly IdentityTable _groups = new();
    private readonly IdentityTable _outputs = new();
    private readonly Dictionary<(int Name, MetricType Type), Family> _families = [];
    private readonly Dictionary<(string Name, MetricType Type), Family> _renamed = [];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private readonly List<Label> _sorted = [];

    private readonly TextStore _outputTexts = new(new Arena());
    private int _lastOutput = -1;

    /// <summary>The format in which the target speaks.</summary>
    public ExpositionFormat Format => format;

    /// <summary>The series as the target spells them.</summary>
    public TextTable Texts { get; } = new(new Arena());

    /// <summary>The sample and family names.</summary>
    public TextTable Names { get; } = new(new Arena());

    /// <summary>By number of a text: the series and the text that followed it last time.</summary>
    public (int Series, int Next)[] Lines { get; private set; } = new (int, int)[48];

    public Series[] Series { get; private set; } = new Series[48];

    public MetricGroup[] Groups { get; private set; } = new MetricGroup[16];

    /// <summary>By number of a name: which family uses it in which scrape.</summary>
    public (int Scrape, Family? Family)[] Owners { get; private set; } = new (int, Family?)[48];

    /// <summary>By number of an output where two series may come out alike: the scrape that saw it last.</summary>
    public int[] OutputScrapes { get; private set; } = new int[16];

    /// <summary>By number of a series, where two may come out alike: the number of what it comes out as.</summary>
    public int[] OutputIdentities { get; private set; } = [];

    public int SeriesCount => _series.Count;

    /// <summary>Numbers the scrapes of this catalog, from 1.</summary>
    public int Scrape { get; set; }

    /// <summary>Numbers the metric points of all scrapes.</summary>
    public int Point { get; set; }

    /// <summary>Whether a relabel rule has moved a series to another family.</summary>
    public bool Renames { get; private set; }

    public bool MayCollide => shaper.MayCollide;

    /// <summary>The text <c>name{labels}</c> under which a series is passed on; valid until the next text is read on the same thread.</summary>
    public ReadOnlySpan<byte> OutputText(in Series series) => series.Text >= 0 ? Texts[series.Text] : _outputTexts[~series.Text];

    /// <summary>Where <see cref="OutputText"/> is kept, and its number there.</summary>
    public (TextStore Texts, int Id) Output(in Series series) => series.Text >= 0 ? (Texts.Texts, series.Text) : (_outputTexts, ~series.Text);

    public int NameId(ReadOnlySpan<byte> name)
    {
        var id = Names.FindOrAdd(name);
        if (id >= Owners.Length)
        {
            var owners = Owners;
            Array.Resize(ref owners, Math.Max(id + 1, owners.Length * 2));
            Owners = owners;
        }

        return id;
    }

    public Family FamilyOf(ReadOnlySpan<byte> name, MetricType type)
    {
        var id = NameId(name);
        if (!_families.TryGetValue((id, type), out var family))
        {
            family = new Family(Encoding.UTF8.GetString(name), type, format);
            var claims = new List<int> { id };
            foreach (var suffix in Family.Suffixes(format, type))
            {
                claims.Add(NameId(Encoding.UTF8.GetBytes(family.Name + suffix)));
            }

            family.Claims = [.. claims];
            _families.Add((id, type), family);
        }

        return family;
    }

    /// <summary>Gives the text a number; <see cref="Lines"/> then has room for it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="before">Number of the text in the line before, -1 in the first.</param>
    public int AddText(ReadOnlySpan<byte> text, int before)
    {
        var id = Texts.Add(text, before);
        if (id >= Lines.Length)
        {
            var lines = Lines;
            Array.Resize(ref lines, Growth.Of(lines.Length, id + 1));
            Lines = lines;
        }

        Lines[id] = (-1, -1);
        return id;
    }

    /// <summary>Finds or adds the series of a family with these labels.</summary>
    public int SeriesOf(Family family, SampleKind kind, string name, List<Label> labels, double bound, int textId)
    {
        var identity = Identity(name, labels, family.Type, omit: null);
        var id = _series.Find(identity);
        if (id >= 0)
        {
            return id;
        }

        var series = new Series { Family = family, Kind = kind, OutputKind = kind, Bound = bound, Group = -1 };
        if (Groupable(family.Type))
        {
            series.Group = GroupOf(family, kind, labels);
        }

        Shape(ref series, _series.Count, name, labels, textId);
        // Last, since a series that cannot be kept must not be found either.
        id = _series.Add(identity);
        if (id == Series.Length)
        {
            var all = Series;
            Array.Resize(ref all, Growth.Of(id, id + 1));
            Series = all;
        }

        Series[id] = series;
        return id;
    }

    private static bool Groupable(MetricType type) =>
        type is not (MetricType.Gauge or MetricType.Unknown or MetricType.Info);

    private int GroupOf(Family family, SampleKind kind, List<Label> labels)
    {
        var omit = kind switch
        {
            SampleKind.Bucket => "le",
            SampleKind.Quantile => "quantile",
            SampleKind.State => family.Name,
            _ => null,
        };
        var identity = Identity(family.Name, labels, family.Type, omit);
        var group = _groups.Find(identity);
        if (group < 0)
        {
            group = _groups.Add(identity);
            if (group == Groups.Length)
            {
                var groups = Groups;
                Array.Resize(ref groups, Growth.Of(group, group + 1));
                Groups = groups;
            }
        }

        return group;
    }

    private void Shape(ref Series series, int id, string name, List<Label> labels, int textId)
    {
        // An empty label is the same as none, so it is not passed on.
        labels.RemoveAll(label => label.Value.Length == 0);
        var outputName = name;
        if (!shaper.Shape(ref outputName, labels))
        {
            return;
        }

        series.Output = outputName == name ? series.Family : Renamed(outputName, name, ref series);
        _scratch.ResetWrittenCount();
        series.Quoted = LabelText.WriteSeries(_scratch, outputName, labels);

        // Most targets spell their series just as it is written here: then one copy of the text serves for both.
        var text = _scratch.WrittenSpan;
        series.Text = Texts.Texts.IsEqual(textId, text) ? textId : ~(_lastOutput = _outputTexts.Add(Fitting(text), _lastOutput));
        if (shaper.MayCollide)
        {
            var identity = Identity(outputName, labels, MetricType.Unknown, omit: null);
            var output = _outputs.Find(identity);
            if (output < 0)
            {
                output = _outputs.Add(identity);
                if (output == OutputScrapes.Length)
                {
                    var scrapes = OutputScrapes;
                    Array.Resize(ref scrapes, output * 2);
                    OutputScrapes = scrapes;
                }
            }

            if (id >= OutputIdentities.Length)
            {
                var identities = OutputIdentities;
                Array.Resize(ref identities, Growth.Of(identities.Length, id + 1));
                OutputIdentities = identities;
            }

            OutputIdentities[id] = output;
        }
    }

    private static ReadOnlySpan<byte> Fitting(ReadOnlySpan<byte> text) => text.Length <= Arena.MaxLength
        ? text
        : throw new InvalidDataException($"A series of {text.Length} bytes is longer than {Arena.MaxLength} bytes.");

    // A renamed family keeps its type when the part of the name that says which sample it is stays in place
    // (a_bucket -> b_bucket); otherwise what is left is a bare value.
    private Family Renamed(string outputName, string name, ref Series series)
    {
        Renames = true;
        var suffix = name[series.Family.Name.Length..];
        var typed = outputName.EndsWith(suffix, StringComparison.Ordinal) && outputName.Length > suffix.Length;
        var key = (typed ? outputName[..^suffix.Length] : outputName, typed ? series.Family.Type : MetricType.Unknown);
        if (!_renamed.TryGetValue(key, out var family))
        {
            family = new Family(key.Item1, key.Item2, format) { Help = series.Family.Help };
            _renamed.Add(key, family);
        }

        if (!typed)
        {
            series.OutputKind = SampleKind.Value;
        }

        return family;
    }

    private (ulong, ulong) Identity(string name, List<Label> labels, MetricType type, string? omit)
    {
        _sorted.Clear();
        _sorted.AddRange(labels);
        _sorted.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _scratch.ResetWrittenCount();
        Append(name);
        Append(((int)type).ToString(CultureInfo.InvariantCulture));
        foreach (var label in _sorted)
        {
            if (label.Name != omit && label.Value.Length > 0)
            {
                Append(label.Name);
                Append(label.Value);
            }
        }

        return Hash.Wide(_scratch.WrittenSpan);

        void Append(string part)
        {
            Encoding.UTF8.GetBytes(part, _scratch);
            // A byte that UTF-8 never has, so that no two different lists run together to the same bytes.
            _scratch.Write<byte>([0xFF]);
        }
    }
}
