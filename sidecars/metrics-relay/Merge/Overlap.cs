using MetricsRelay.Exposition;

namespace MetricsRelay.Merge;

/// <summary>Leaves out series that an earlier target has under the same name and labels: no reader takes both.</summary>
internal static class Overlap
{
    /// <returns>How many samples were left out.</returns>
    public static int Remove(List<MergedPart> parts)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var kept = new List<MergedPart>();
        var labels = new List<Label>();
        var lost = 0;
        foreach (var part in parts)
        {
            var own = new HashSet<string>(StringComparer.Ordinal);
            var start = part.Start;
            for (var i = 0; i < part.Count; i++)
            {
                var identity = Identity(part, i, labels);
                if (!seen.Contains(identity))
                {
                    own.Add(identity);
                    continue;
                }

                lost++;
                Keep(part, start, part.Start + i);
                start = part.Start + i + 1;
            }

            Keep(part, start, part.Start + part.Count);
            seen.UnionWith(own);
        }

        parts.Clear();
        parts.AddRange(kept);
        return lost;

        void Keep(MergedPart part, int start, int end)
        {
            if (end > start)
            {
                kept.Add(part with { Start = start, Count = end - start });
            }
        }
    }

    private static string Identity(MergedPart part, int index, List<Label> labels)
    {
        var catalog = part.Snapshot.Catalog;
        var name = LabelText.ReadSeries(catalog.OutputText(in catalog.Series[part.Samples[index].Series]), labels);
        labels.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return name + '\0' + string.Join('\0', labels.Select(label => label.Name + '\u0001' + label.Value));
    }
}
