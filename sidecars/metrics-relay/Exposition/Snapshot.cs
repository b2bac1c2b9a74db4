namespace MetricsRelay.Exposition;

/// <summary>
/// The samples of one scrape. Its arrays are used again for a later scrape as soon as nobody reads them, so whoever
/// reads takes a lease first and gives it back: <see cref="TryLease"/> and <see cref="Release"/>.
/// </summary>
internal sealed class Snapshot(Action<Snapshot>? onFree = null)
{
    private Sample[] _samples = [];
    private FamilySpan[] _families = [];
    private byte[] _exemplars = [];
    private SampleExtra[] _extras = [];
    private int _sampleCount;
    private int _familyCount;
    private int _exemplarBytes;
    private int _extraCount;
    private int _leases;

    /// <summary>What the series' numbers refer to.</summary>
    public Catalog Catalog { get; private set; } = null!;

    public Span<Sample> Samples => _samples.AsSpan(0, _sampleCount);

    public Span<FamilySpan> Families => _families.AsSpan(0, _familyCount);

    /// <summary>Empties it for a new scrape. The caller holds the first lease.</summary>
    public void Begin(Catalog catalog)
    {
        Catalog = catalog;
        _sampleCount = _familyCount = _exemplarBytes = _extraCount = 0;
        Volatile.Write(ref _leases, 1);
    }

    /// <returns>False when it was freed meanwhile: take the current one anew.</returns>
    public bool TryLease()
    {
        var leases = Volatile.Read(ref _leases);
        while (leases > 0)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            onFree?.Invoke(this);
        }
    }

    public void Add(in Sample sample)
    {
        if (_sampleCount == _samples.Length)
        {
            Array.Resize(ref _samples, Growth.Of(_sampleCount, _sampleCount + 1));
        }

        _samples[_sampleCount++] = sample;
    }

    public void Add(in FamilySpan family)
    {
        if (_familyCount == _families.Length)
        {
            Array.Resize(ref _families, Math.Max(16, _familyCount * 2));
        }

        _families[_familyCount++] = family;
    }

    public void ClearFamilies() => _familyCount = 0;

    /// <summary>Keeps the checked text of an exemplar, <c>{labels} value [timestamp]</c>.</summary>
    public int AddExemplar(ReadOnlySpan<byte> text)
    {
        var needed = _exemplarBytes + text.Length + 1;
        if (needed > _exemplars.Length)
        {
            Array.Resize(ref _exemplars, Math.Max(1024, needed * 2));
        }

        var start = _exemplarBytes;
        text.CopyTo(_exemplars.AsSpan(start));
        _exemplars[needed - 1] = (byte)'\n';
        _exemplarBytes = needed;
        return start;
    }

    /// <summary>Keeps a timestamp and an exemplar.</summary>
    /// <returns>The number for <see cref="Sample.Extra"/>.</returns>
    public int AddExtra(SampleExtra extra)
    {
        if (extra == SampleExtra.None)
        {
            return -1;
        }

        if (_extraCount == _extras.Length)
        {
            Array.Resize(ref _extras, Growth.Of(_extraCount, _extraCount + 1));
        }

        _extras[_extraCount] = extra;
        return _extraCount++;
    }

    /// <summary>The timestamp that was exposed with a sample, or <see cref="Sample.NoTimestamp"/>.</summary>
    public long TimestampOf(in Sample sample) => sample.Extra < 0 ? Sample.NoTimestamp : _extras[sample.Extra].Timestamp;

    /// <summary>The exemplar of a sample, empty when it has none.</summary>
    public ReadOnlySpan<byte> ExemplarOf(in Sample sample)
    {
        if (sample.Extra < 0 || _extras[sample.Extra].Exemplar is not (>= 0 and var start))
        {
            return default;
        }

        var text = _exemplars.AsSpan(start, _exemplarBytes - start);
        return text[..text.IndexOf((byte)'\n')];
    }
}
