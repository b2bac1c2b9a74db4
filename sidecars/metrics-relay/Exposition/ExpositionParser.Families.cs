namespace MetricsRelay.Exposition;

/// <content>Which family is open, and what its metadata says.</content>
internal sealed partial class ExpositionParser
{
    private readonly FamilyRegrouper _regrouper = new();
    private Family? _family;
    private int _familyStart;
    private FamilyTraits _traits;
    private int _groupOrder;
    private int _droppedBefore;
    private int _currentGroup;

    // Metadata that was read for a family of which no sample has come yet; its type may still follow.
    private bool _pending;
    private byte[] _pendingName = [];
    private int _pendingNameLength;
    private int _pendingLine;
    private MetricType? _pendingType;
    private byte[]? _pendingHelp;
    private byte[]? _pendingUnit;
    private bool _pendingHasHelp;
    private bool _pendingHasUnit;
    private int _unitLine;

    private ReadOnlySpan<byte> PendingName => _pendingName.AsSpan(0, _pendingNameLength);

    private void BeginFamilies()
    {
        _family = null;
        _pending = false;
        _currentGroup = -1;
        _touched.Clear();
    }

    private void DeclareType(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> name, MetricType type)
    {
        Declare(line, at, name);
        if (_pendingType is not null)
        {
            throw Error(line, 0, $"a second TYPE for '{Show(name)}'");
        }

        _pendingType = type;
    }

    private void DeclareHelp(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> help)
    {
        Declare(line, at, name);
        if (_pendingHasHelp)
        {
            throw Error(line, 0, $"a second HELP for '{Show(name)}'");
        }

        _pendingHasHelp = true;
        _pendingHelp = Known(name, help, unit: false) ?? LabelText.UnescapeBytes(help);
    }

    private void DeclareUnit(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> unit)
    {
        Declare(line, at, name);
        if (_pendingHasUnit)
        {
            throw Error(line, 0, $"a second UNIT for '{Show(name)}'");
        }

        _pendingHasUnit = true;
        _unitLine = _line;
        _pendingUnit = Known(name, unit, unit: true) ?? unit.ToArray();
    }

    // The same text as last time need not be allocated anew.
    private byte[]? Known(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, bool unit)
    {
        if (text.IsEmpty)
        {
            return [];
        }

        if (_catalog.Names.Find(name) is var id && id >= 0 && _catalog.Owners[id].Family is { } family)
        {
            var last = unit ? family.Unit : family.Help;
            return text.SequenceEqual(last) && !text.Contains((byte)'\\') ? last : null;
        }

        return null;
    }

    private void Declare(ReadOnlySpan<byte> line, int at, ReadOnlySpan<byte> name)
    {
        if (_pending && name.SequenceEqual(PendingName))
        {
            return;
        }

        if (_pending)
        {
            OpenPending();
        }

        if (_family is not null && name.SequenceEqual(_family.NameBytes))
        {
            throw Error(line, at, $"the metadata of '{Show(name)}' must come before its samples");
        }

        CloseFamily();
        if (name.Length > _pendingName.Length)
        {
            _pendingName = new byte[name.Length * 2];
        }

        name.CopyTo(_pendingName);
        _pendingNameLength = name.Length;
        _pendingLine = _line;
        _pendingType = null;
        _pendingHelp = _pendingUnit = null;
        _pendingHasHelp = _pendingHasUnit = false;
        _pending = true;
    }

    private void OpenPending()
    {
        _pending = false;
        var family = _catalog.FamilyOf(PendingName, _pendingType ?? MetricType.Unknown);
        family.Help = _pendingHelp ?? [];
        family.Unit = _pendingUnit ?? [];
        if (family.Unit.Length > 0)
        {
            if (family.Type is MetricType.Info or MetricType.StateSet)
            {
                throw new ExpositionException(_unitLine, 1, $"a family of type {TypeName(family.Type)} has no unit");
            }

            var name = family.NameBytes.AsSpan();
            var unit = family.Unit.AsSpan();
            if (!name.EndsWith(unit) || name.Length <= unit.Length || name[^(unit.Length + 1)] != '_')
            {
                throw new ExpositionException(
                    _unitLine, 1, $"the name '{family.Name}' must end with its unit, '_{Show(unit)}'");
            }
        }

        Open(family, _pendingLine);
    }

    private void Open(Family family, int line)
    {
        foreach (var claim in family.Claims)
        {
            ref var owner = ref _catalog.Owners[claim];
            if (owner.Scrape == _catalog.Scrape)
            {
                throw new ExpositionException(line, 1, owner.Family!.Name == family.Name
                    ? $"the lines of '{family.Name}' are not one group (metadata first, then all its samples)"
                    : $"the name '{Show(_catalog.Names[claim])}' is also one of the family '{owner.Family.Name}'");
            }

            owner = (_catalog.Scrape, family);
        }

        _family = family;
        _familyStart = _snapshot.Samples.Length;
        _traits = FamilyTraits.None;
        _groupOrder = 0;
        _droppedBefore = DroppedCount;
        _currentGroup = -1;
    }

    private void CloseFamily()
    {
        if (_pending)
        {
            OpenPending();
        }

        if (_family is null)
        {
            return;
        }

        foreach (var group in _touched)
        {
            EndPoint(ref _catalog.Groups[group]);
        }

        var samples = _snapshot.Samples[_familyStart..];
        if (!_strict && _family.Type is MetricType.Histogram or MetricType.Summary)
        {
            SampleOrder.Restore(samples, _catalog);
        }

        _touched.Clear();
        if (samples.Length == 0 && DroppedCount > _droppedBefore)
        {
            // Nothing is left of it.
            _family = null;
            return;
        }

        _snapshot.Add(new FamilySpan(_family, _familyStart, samples.Length, _traits));
        _family = null;
    }

    internal static string TypeName(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        MetricType.GaugeHistogram => "gaugehistogram",
        MetricType.Summary => "summary",
        MetricType.Info => "info",
        MetricType.StateSet => "stateset",
        _ => "unknown",
    };
}
