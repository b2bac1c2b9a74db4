using MetricsRelay.Exposition;

namespace MetricsRelay.Federation;

/// <summary>A PromQL instant selector: <c>name{label="value",other!~"regex"}</c>.</summary>
internal sealed class Selector(IReadOnlyList<LabelMatcher> matchers)
{
    public bool MatchesSeries(string name, List<Label> labels)
    {
        foreach (var matcher in matchers)
        {
            var value = matcher.Name == LabelText.MetricNameLabel
                ? name
                : labels.Find(label => label.Name == matcher.Name).Value ?? "";
            if (!matcher.MatchesValue(value))
            {
                return false;
            }
        }

        return true;
    }
}
