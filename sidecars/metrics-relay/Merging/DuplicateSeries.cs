using MetricsRelay.Exposition;

namespace MetricsRelay.Merging;

/// <summary>Removes series that an earlier target has with the same name and labels, because no reader accepts both.</summary>
internal static class DuplicateSeries
{
    /// <returns>The number of removed samples.</returns>
    public static int RemoveDuplicates(List<MergedSegment> segments)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var kept = new List<MergedSegment>();
        var labels = new List<Label>();
        var removed = 0;
        foreach (var segment in segments)
        {
            var own = new HashSet<string>(StringComparer.Ordinal);
            var start = segment.Start;
            for (var i = 0; i < segment.Count; i++)
            {
                var identity = GetIdentity(segment, i, labels);
                if (!seen.Contains(identity))
                {
                    own.Add(identity);
                    continue;
                }

                removed++;
                KeepRange(segment, start, segment.Start + i);
                start = segment.Start + i + 1;
            }

            KeepRange(segment, start, segment.Start + segment.Count);
            seen.UnionWith(own);
        }

        segments.Clear();
        segments.AddRange(kept);
        return removed;

        void KeepRange(MergedSegment segment, int start, int end)
        {
            if (end > start)
            {
                kept.Add(segment with { Start = start, Count = end - start });
            }
        }
    }

    private static string GetIdentity(MergedSegment segment, int index, List<Label> labels)
    {
        var catalog = segment.Buffer.Catalog;
        var name = LabelText.ParseSeries(catalog.Outputs.GetText(in catalog.Series[segment.Samples[index].SeriesId]), labels);
        labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return name + '\0' + string.Join('\0', labels.Select(label => label.Name + '\u0001' + label.Value));
    }
}
