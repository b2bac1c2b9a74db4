using MetricsRelay.Exposition;
using MetricsRelay.Relabel;

namespace MetricsRelay.Labels;

/// <summary>Puts the relay's own labels on the series of one target: the target's, then what the rules make of it, then the external ones.</summary>
internal sealed class TargetLabels(
    IReadOnlyList<Label> target, bool honorLabels, IReadOnlyDictionary<string, string> external,
    IReadOnlyList<RelabelRule> rules) : ISeriesShaper
{
    /// <summary>Names of the series that the relay says of each target itself; a target's own of that name are dropped.</summary>
    public static readonly IReadOnlyList<string> Reserved =
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_response_size_bytes"];

    public bool MayCollide => rules.Count > 0;

    /// <summary>Whether a label that is configured may have this name.</summary>
    public static bool IsUsable(string name) =>
        LabelText.IsLabelName(name) && !name.StartsWith("__", StringComparison.Ordinal);

    public bool Shape(ref string name, List<Label> labels)
    {
        if (Reserved.Contains(name))
        {
            return false;
        }

        AddTarget(labels);
        if (rules.Count > 0 && !Relabel(ref name, labels))
        {
            return false;
        }

        AddExternal(labels);
        return true;
    }

    /// <summary>The labels of a series that no rule touches.</summary>
    public void AddTo(List<Label> labels)
    {
        AddTarget(labels);
        AddExternal(labels);
    }

    private bool Relabel(ref string name, List<Label> labels)
    {
        labels.Insert(0, new Label(RelabelRule.MetricName, name));
        foreach (var rule in rules)
        {
            if (!rule.Apply(labels))
            {
                return false;
            }
        }

        // Without a name it is no series any more. Labels that begin with __ were for the rules' own use.
        name = labels.Find(label => label.Name == RelabelRule.MetricName).Value ?? "";
        labels.RemoveAll(label => label.Name.StartsWith("__", StringComparison.Ordinal));
        return name.Length > 0 && !Reserved.Contains(name);
    }

    private void AddTarget(List<Label> labels)
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
    }

    private void AddExternal(List<Label> labels)
    {
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
