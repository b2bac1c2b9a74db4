using MetricsRelay.Exposition;

namespace MetricsRelay.Labels;

/// <summary>Puts the relay's own labels on the series of one target.</summary>
internal sealed class TargetLabels(
    IReadOnlyList<Label> target, bool honorLabels, IReadOnlyDictionary<string, string> external) : ISeriesShaper
{
    /// <summary>Names of the series that the relay says of each target itself; a target's own of that name are dropped.</summary>
    public static readonly IReadOnlyList<string> Reserved =
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_response_size_bytes"];

    public bool MayCollide => false;

    /// <summary>Whether a label that is configured may have this name.</summary>
    public static bool IsUsable(string name) =>
        LabelText.IsLabelName(name) && !name.StartsWith("__", StringComparison.Ordinal);

    public bool Shape(ref string name, List<Label> labels)
    {
        if (Reserved.Contains(name))
        {
            return false;
        }

        AddTo(labels);
        return true;
    }

    /// <summary>The target's labels first, then the external ones where they are absent.</summary>
    public void AddTo(List<Label> labels)
    {
        foreach (var label in target)
        {
            var clash = labels.FindIndex(l => l.Name == label.Name);
            if (clash >= 0)
            {
                if (honorLabels)
                {
                    continue;
                }

                labels[clash] = labels[clash] with { Name = Exported(label.Name, labels) };
            }

            labels.Add(label);
        }

        foreach (var (name, value) in external)
        {
            if (value.Length > 0 && !labels.Exists(l => l.Name == name))
            {
                labels.Add(new Label(name, value));
            }
        }
    }

    private static string Exported(string name, List<Label> labels)
    {
        do
        {
            name = "exported_" + name;
        }
        while (labels.Exists(l => l.Name == name));

        return name;
    }
}
