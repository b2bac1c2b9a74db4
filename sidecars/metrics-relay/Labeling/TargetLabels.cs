using MetricsRelay.Exposition;
using MetricsRelay.Relabeling;

namespace MetricsRelay.Labeling;

/// <summary>Adds the labels of the relay to the series of a target, in this order: target labels, relabel rules, external labels.</summary>
internal sealed class TargetLabels(
    IReadOnlyList<Label> target, bool honorLabels, IReadOnlyDictionary<string, string> external, IReadOnlyList<RelabelRule> rules)
    : ISeriesTransform
{
    /// <summary>The names of the series that the relay reports about each scrape. A target's series with these names are dropped.</summary>
    public static readonly IReadOnlyList<string> ReservedNames =
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_response_size_bytes"];

    public bool MayMergeSeries => rules.Count > 0;

    public bool TransformSeries(ref string name, List<Label> labels)
    {
        if (ReservedNames.Contains(name))
        {
            return false;
        }

        AddTargetLabels(labels);
        if (rules.Count > 0 && !ApplyRules(ref name, labels))
        {
            return false;
        }

        AddExternalLabels(labels);
        return true;
    }

    /// <summary>Adds the labels without applying rules.</summary>
    public void AddLabels(List<Label> labels)
    {
        AddTargetLabels(labels);
        AddExternalLabels(labels);
    }

    private bool ApplyRules(ref string name, List<Label> labels)
    {
        labels.Insert(0, new Label(LabelText.MetricNameLabel, name));
        foreach (var rule in rules)
        {
            if (!rule.ApplyTo(labels))
            {
                return false;
            }
        }

        // A series without a name is dropped. Labels that start with __ are temporary and exist only while rules are applied.
        name = labels.Find(label => label.Name == LabelText.MetricNameLabel).Value ?? "";
        labels.RemoveAll(label => label.Name.StartsWith("__", StringComparison.Ordinal));
        return name.Length > 0 && !ReservedNames.Contains(name);
    }

    private void AddTargetLabels(List<Label> labels)
    {
        foreach (var label in target)
        {
            var conflict = labels.FindIndex(own => own.Name == label.Name);
            if (conflict >= 0)
            {
                if (honorLabels)
                {
                    continue;
                }

                labels[conflict] = labels[conflict] with { Name = FindExportedName(label.Name, labels) };
            }

            labels.Add(label);
        }
    }

    private void AddExternalLabels(List<Label> labels)
    {
        foreach (var (name, value) in external)
        {
            if (value.Length > 0 && !labels.Exists(label => label.Name == name))
            {
                labels.Add(new Label(name, value));
            }
        }
    }

    private static string FindExportedName(string name, List<Label> labels)
    {
        do
        {
            name = "exported_" + name;
        }
        while (labels.Exists(label => label.Name == name));

        return name;
    }
}
