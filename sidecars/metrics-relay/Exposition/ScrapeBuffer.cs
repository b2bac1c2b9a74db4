using MetricsRelay.Storage;

namespace MetricsRelay.Exposition;

/// <summary>
/// The samples of one scrape. Its arrays are reused for a later scrape once the last reader is done. Readers therefore take a lease
/// with <see cref="TryLease"/> and return it with <see cref="ReleaseLease"/>.
/// </summary>
/// <param name="onReleased">Called when the last lease is returned.</param>
internal sealed class ScrapeBuffer(Action<ScrapeBuffer>? onReleased = null)
{
    private Sample[] _samples = [];
    private FamilySpan[] _families = [];
    private byte[] _exemplars = [];
    private SampleExtras[] _extras = [];
    private int _sampleCount;
    private int _familyCount;
    private int _exemplarBytes;
    private int _extrasCount;
    private int _leases;

    /// <summary>The catalog that contains the series of the samples.</summary>
    public SeriesCatalog Catalog { get; private set; } = null!;

    public Span<Sample> Samples => _samples.AsSpan(0, _sampleCount);

    public Span<FamilySpan> Families => _families.AsSpan(0, _familyCount);

    /// <summary>Empties the buffer for a new scrape. The caller owns the first lease.</summary>
    public void BeginScrape(SeriesCatalog catalog)
    {
        Catalog = catalog;
        _sampleCount = _familyCount = _exemplarBytes = _extrasCount = 0;
        Volatile.Write(ref _leases, 1);
    }

    /// <returns>False when the buffer was released in the meantime: use the current one instead.</returns>
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

    public void ReleaseLease()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            onReleased?.Invoke(this);
        }
    }

    public void AddSample(in Sample sample)
    {
        if (_sampleCount == _samples.Length)
        {
            Array.Resize(ref _samples, ArrayGrowth.NextLength(_sampleCount, _sampleCount + 1));
        }

        _samples[_sampleCount++] = sample;
    }

    public void AddFamily(in FamilySpan family)
    {
        if (_familyCount == _families.Length)
        {
            Array.Resize(ref _families, Math.Max(16, _familyCount * 2));
        }

        _families[_familyCount++] = family;
    }

    public void ClearFamilies() => _familyCount = 0;

    /// <summary>Stores the validated text of an exemplar, <c>{labels} value [timestamp]</c>.</summary>
    /// <returns>The position for <see cref="SampleExtras.ExemplarStart"/>.</returns>
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

    /// <returns>The index for <see cref="Sample.ExtrasIndex"/>.</returns>
    public int AddExtras(SampleExtras extras)
    {
        if (extras == SampleExtras.None)
        {
            return -1;
        }

        if (_extrasCount == _extras.Length)
        {
            Array.Resize(ref _extras, ArrayGrowth.NextLength(_extrasCount, _extrasCount + 1));
        }

        _extras[_extrasCount] = extras;
        return _extrasCount++;
    }

    /// <summary>The exposed timestamp of a sample, or <see cref="Sample.NoTimestamp"/>.</summary>
    public long GetTimestamp(in Sample sample) => sample.ExtrasIndex < 0 ? Sample.NoTimestamp : _extras[sample.ExtrasIndex].Timestamp;

    /// <summary>The text of a sample's exemplar, or empty.</summary>
    public ReadOnlySpan<byte> GetExemplar(in Sample sample)
    {
        if (sample.ExtrasIndex < 0 || _extras[sample.ExtrasIndex].ExemplarStart is not (>= 0 and var start))
        {
            return default;
        }

        var text = _exemplars.AsSpan(start, _exemplarBytes - start);
        return text[..text.IndexOf((byte)'\n')];
    }
}
