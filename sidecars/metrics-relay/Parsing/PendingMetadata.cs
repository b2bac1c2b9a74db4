using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>The metadata of a family that has no samples yet. Its TYPE may still follow, so the family is not open yet.</summary>
internal sealed class PendingMetadata
{
    private byte[] _name = [];
    private int _nameLength;

    public bool IsActive { get; private set; }

    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The first line of the metadata.</summary>
    public int FirstLine { get; private set; }

    public MetricType? Type { get; set; }

    /// <summary>The unescaped help text, or null without a HELP line.</summary>
    public byte[]? Help { get; set; }

    /// <summary>The unit, or null without a UNIT line.</summary>
    public byte[]? Unit { get; set; }

    public int UnitLine { get; set; }

    public void Begin(ReadOnlySpan<byte> name, int line)
    {
        if (name.Length > _name.Length)
        {
            _name = new byte[name.Length * 2];
        }

        name.CopyTo(_name);
        _nameLength = name.Length;
        FirstLine = line;
        Type = null;
        Help = Unit = null;
        IsActive = true;
    }

    public void Deactivate() => IsActive = false;
}
