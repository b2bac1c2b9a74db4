using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>The family whose samples are being read.</summary>
internal sealed class OpenFamily
{
    /// <summary>The family, or null between families.</summary>
    public Family? Family { get; private set; }

    /// <summary>The index of its first sample in the buffer.</summary>
    public int FirstSample { get; private set; }

    public FamilyTraits Traits { get; set; }

    /// <summary>The order of its next metric.</summary>
    public int NextMetricOrder { get; set; }

    public bool HasDroppedSamples { get; set; }

    public void Open(Family family, int firstSample)
    {
        Family = family;
        FirstSample = firstSample;
        Traits = FamilyTraits.None;
        NextMetricOrder = 0;
        HasDroppedSamples = false;
    }

    public void Close() => Family = null;
}
