using System.Buffers;
using System.Globalization;
using System.Text;
using MetricsRelay.Storage;

namespace MetricsRelay.Exposition;

/// <summary>Hashes the name and labels of a series independently of the order of the labels.</summary>
internal sealed class SeriesIdentityHasher
{
    private readonly ArrayBufferWriter<byte> _encoded = new();
    private readonly List<Label> _sorted = [];

    /// <param name="name">The name of the sample or the family.</param>
    /// <param name="labels">The labels. A label with an empty value equals a missing label.</param>
    /// <param name="type">The type of the family.</param>
    /// <param name="omittedLabel">The name of a label that is not part of the identity, or null.</param>
    public (ulong High, ulong Low) ComputeIdentity(string name, List<Label> labels, MetricType type, string? omittedLabel = null)
    {
        _sorted.Clear();
        _sorted.AddRange(labels);
        _sorted.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        _encoded.ResetWrittenCount();
        AppendPart(name);
        AppendPart(((int)type).ToString(CultureInfo.InvariantCulture));
        foreach (var label in _sorted)
        {
            if (label.Name != omittedLabel && label.Value.Length > 0)
            {
                AppendPart(label.Name);
                AppendPart(label.Value);
            }
        }

        return SeededHash.ComputeHash128(_encoded.WrittenSpan);
    }

    private void AppendPart(string part)
    {
        Encoding.UTF8.GetBytes(part, _encoded);
        // This byte never occurs in UTF-8, so two different lists never produce the same bytes.
        _encoded.Write<byte>([0xFF]);
    }
}
