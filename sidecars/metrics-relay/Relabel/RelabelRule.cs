using System.Text;
using System.Text.RegularExpressions;
using MetricsRelay.Exposition;

namespace MetricsRelay.Relabel;

/// <summary>A relabel rule, ready to be applied to a series' labels, the metric's name among them as <c>__name__</c>.</summary>
internal sealed class RelabelRule(RelabelRuleOptions options)
{
    public const string MetricName = "__name__";

    private readonly Regex _regex = Compile(options.Regex);

    /// <summary>Without backtracking, as RE2 that Prometheus uses: no label's value makes it slow.</summary>
    public static Regex Compile(string regex) => new(
        $@"\A(?:{regex.Replace("(?P<", "(?<", StringComparison.Ordinal)})\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <returns>False to drop the series.</returns>
    public bool Apply(List<Label> labels)
    {
        switch (options.Action)
        {
            case RelabelAction.Keep:
                return _regex.IsMatch(Source(labels));
            case RelabelAction.Drop:
                return !_regex.IsMatch(Source(labels));
            case RelabelAction.Replace:
                Replace(labels);
                break;
            case RelabelAction.LabelDrop:
                labels.RemoveAll(label => _regex.IsMatch(label.Name));
                break;
            case RelabelAction.LabelKeep:
                labels.RemoveAll(label => !_regex.IsMatch(label.Name));
                break;
            case RelabelAction.LabelMap:
                foreach (var label in labels.ToArray())
                {
                    if (_regex.Match(label.Name) is { Success: true } match)
                    {
                        Set(labels, Expand(options.Replacement, match), label.Value);
                    }
                }

                break;
        }

        return true;
    }

    private void Replace(List<Label> labels)
    {
        if (_regex.Match(Source(labels)) is not { Success: true } match)
        {
            return;
        }

        var target = Expand(options.TargetLabel, match);
        if (LabelText.IsLabelName(target))
        {
            Set(labels, target, Expand(options.Replacement, match));
        }
    }

    private string Source(List<Label> labels) =>
        string.Join(options.Separator, options.SourceLabels.Select(name => labels.Find(l => l.Name == name).Value ?? ""));

    private static void Set(List<Label> labels, string name, string value)
    {
        var at = labels.FindIndex(label => label.Name == name);
        if (at < 0 && value.Length > 0)
        {
            labels.Add(new Label(name, value));
        }
        else if (at >= 0 && value.Length > 0)
        {
            labels[at] = new Label(name, value);
        }
        else if (at >= 0)
        {
            labels.RemoveAt(at);
        }
    }

    // Go's Regexp.Expand: $name takes as many letters, digits and underscores as follow, ${name} what is in braces, $$ is
    // a dollar, and what names no group is empty.
    private static string Expand(string template, Match match)
    {
        var result = new StringBuilder(template.Length);
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$' || i + 1 == template.Length)
            {
                result.Append(template[i]);
                continue;
            }

            if (template[i + 1] == '$')
            {
                result.Append('$');
                i++;
                continue;
            }

            var braced = template[i + 1] == '{';
            var start = i + (braced ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsAsciiLetterOrDigit(template[end]) || template[end] == '_'))
            {
                end++;
            }

            if (end == start || (braced && (end == template.Length || template[end] != '}')))
            {
                result.Append('$');
                continue;
            }

            result.Append(match.Groups[template[start..end]].Value);
            i = braced ? end : end - 1;
        }

        return result.ToString();
    }
}
