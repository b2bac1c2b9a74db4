using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>
/// Tracks which family is open: collects its metadata, opens it at its first sample, and closes it when the next one starts.
/// </summary>
internal sealed class FamilyTracker(MetricPointTracker points)
{
    private readonly PendingMetadata _pending = new();
    private SeriesCatalog _catalog = null!;
    private ScrapeBuffer _buffer = null!;

    public OpenFamily Current { get; } = new();

    public void BeginScrape(SeriesCatalog catalog, ScrapeBuffer buffer)
    {
        (_catalog, _buffer) = (catalog, buffer);
        Current.Close();
        _pending.Deactivate();
        points.BeginScrape(catalog);
    }

    public void DeclareType(in ExpositionLine line, int nameAt, ReadOnlySpan<byte> name, MetricType type)
    {
        BeginMetadata(in line, nameAt, name);
        _pending.Type = _pending.Type is null ? type : throw CreateRepeatError(in line, "TYPE", name);
    }

    public void DeclareHelp(in ExpositionLine line, int nameAt, ReadOnlySpan<byte> name, ReadOnlySpan<byte> help)
    {
        BeginMetadata(in line, nameAt, name);
        if (_pending.Help is not null)
        {
            throw CreateRepeatError(in line, "HELP", name);
        }

        _pending.Help = FindKnownText(name, help, isUnit: false) ?? LabelText.UnescapeBytes(help);
    }

    public void DeclareUnit(in ExpositionLine line, int nameAt, ReadOnlySpan<byte> name, ReadOnlySpan<byte> unit)
    {
        BeginMetadata(in line, nameAt, name);
        if (_pending.Unit is not null)
        {
            throw CreateRepeatError(in line, "UNIT", name);
        }

        _pending.UnitLine = line.Number;
        _pending.Unit = FindKnownText(name, unit, isUnit: true) ?? unit.ToArray();
    }

    /// <summary>Opens the family of the pending metadata, if there is any, because a sample follows.</summary>
    public void OpenPendingFamily()
    {
        if (_pending.IsActive)
        {
            OpenFamilyOf(_pending);
        }
    }

    /// <summary>Continues with a known series, which opens its family if the family has no metadata.</summary>
    /// <returns>False when the series does not belong to the open family and cannot open its own.</returns>
    public bool TryContinueWith(int seriesId, int line)
    {
        if (seriesId < 0)
        {
            // The series could not be stored before.
            return false;
        }

        var family = _catalog.Series[seriesId].Family;
        if (ReferenceEquals(family, Current.Family))
        {
            return true;
        }

        if (family.Type != MetricType.Unknown || family.Help.Length > 0 || family.Unit.Length > 0)
        {
            return false;
        }

        if (Current.Family is not null)
        {
            if (_catalog.NameOwners[family.ReservedNameIds[0]].ScrapeNumber == _catalog.ScrapeNumber)
            {
                return false;
            }

            CloseFamily();
        }

        OpenFamily(family, line);
        return true;
    }

    /// <summary>Assigns a sample name to the open family, or to a new family without metadata.</summary>
    /// <returns>Which part of the family the sample is.</returns>
    public SampleKind AssignSample(in ExpositionLine line, int start, ReadOnlySpan<byte> name)
    {
        if (Current.Family is { } open)
        {
            if (open.TryClassifySample(name, out var kind))
            {
                return kind;
            }

            // GetNameId may reallocate NameOwners, so it is called first.
            var nameId = _catalog.GetNameId(name);
            var owner = _catalog.NameOwners[nameId];
            if (owner.ScrapeNumber == _catalog.ScrapeNumber && ReferenceEquals(owner.Family, open))
            {
                throw line.CreateError(
                    start, $"a {MetricTypeNames.GetOpenMetricsName(open.Type)} must not have a sample with exactly the name of the family");
            }
        }

        CloseFamily();
        var family = _catalog.GetFamily(name, MetricType.Unknown);
        family.Help = family.Unit = [];
        OpenFamily(family, line.Number);
        return SampleKind.Value;
    }

    /// <summary>Closes the open family and writes it to the buffer.</summary>
    public void CloseFamily()
    {
        OpenPendingFamily();
        if (Current.Family is not { } family)
        {
            return;
        }

        points.EndFamily(Current);
        var samples = _buffer.Samples[Current.FirstSample..];
        if (family.Format == ExpositionFormat.Text && family.Type is MetricType.Histogram or MetricType.Summary)
        {
            SampleSorter.SortByMetric(samples, _catalog);
        }

        Current.Close();
        // A family whose samples are all dropped is dropped with its metadata.
        if (samples.Length > 0 || !Current.HasDroppedSamples)
        {
            _buffer.AddFamily(new FamilySpan(family, Current.FirstSample, samples.Length, Current.Traits));
        }
    }

    private void OpenFamilyOf(PendingMetadata metadata)
    {
        metadata.Deactivate();
        var family = _catalog.GetFamily(metadata.Name, metadata.Type ?? MetricType.Unknown);
        family.Help = metadata.Help ?? [];
        family.Unit = metadata.Unit ?? [];
        ValidateUnit(family);
        OpenFamily(family, metadata.FirstLine);
    }

    private static ExpositionFormatException CreateRepeatError(in ExpositionLine line, string keyword, ReadOnlySpan<byte> name) =>
        line.CreateError(0, $"a second {keyword} for '{ExpositionLine.QuoteExcerpt(name)}'");

    private void BeginMetadata(in ExpositionLine line, int nameAt, ReadOnlySpan<byte> name)
    {
        if (_pending.IsActive && name.SequenceEqual(_pending.Name))
        {
            return;
        }

        OpenPendingFamily();
        if (Current.Family is { } open && name.SequenceEqual(open.NameBytes))
        {
            throw line.CreateError(nameAt, $"the metadata of '{ExpositionLine.QuoteExcerpt(name)}' must come before its samples");
        }

        CloseFamily();
        _pending.Begin(name, line.Number);
    }

    // Reuses the text of the previous scrape instead of allocating an equal one.
    private byte[]? FindKnownText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, bool isUnit)
    {
        if (text.IsEmpty)
        {
            return [];
        }

        if (_catalog.Names.FindId(name) is var id && id >= 0 && _catalog.NameOwners[id].Family is { } family)
        {
            var last = isUnit ? family.Unit : family.Help;
            return text.SequenceEqual(last) && !text.Contains((byte)'\\') ? last : null;
        }

        return null;
    }

    private void ValidateUnit(Family family)
    {
        if (family.Unit.Length == 0)
        {
            return;
        }

        if (family.Type is MetricType.Info or MetricType.StateSet)
        {
            throw new ExpositionFormatException(
                _pending.UnitLine, 1, $"a family of type {MetricTypeNames.GetOpenMetricsName(family.Type)} must not have a unit");
        }

        var name = family.NameBytes.AsSpan();
        var unit = family.Unit.AsSpan();
        if (!name.EndsWith(unit) || name.Length <= unit.Length || name[^(unit.Length + 1)] != '_')
        {
            throw new ExpositionFormatException(
                _pending.UnitLine, 1, $"the name '{family.Name}' must end with its unit, '_{ExpositionLine.QuoteExcerpt(unit)}'");
        }
    }

    private void OpenFamily(Family family, int line)
    {
        foreach (var nameId in family.ReservedNameIds)
        {
            ref var owner = ref _catalog.NameOwners[nameId];
            if (owner.ScrapeNumber == _catalog.ScrapeNumber)
            {
                var name = ExpositionLine.QuoteExcerpt(_catalog.Names[nameId]);
                throw new ExpositionFormatException(line, 1, owner.Family!.Name == family.Name
                    ? $"the lines of '{family.Name}' must be consecutive: first the metadata, then all samples"
                    : $"the name '{name}' is already used by the family '{owner.Family.Name}'");
            }

            owner = (_catalog.ScrapeNumber, family);
        }

        Current.Open(family, _buffer.Samples.Length);
        points.BeginFamily();
    }
}
