using System.Text;
using System.Text.RegularExpressions;
using MetricsRelay.Exposition;

namespace MetricsRelay.Relabeling;

/// <summary>A compiled relabel rule. It applies to the labels of a series, which include the metric name as <c>__name__</c>.</summary>
internal sealed class RelabelRule(RelabelRuleOptions options)
{
    private readonly Regex _regex = CompileRegex(options.Regex);

    /// <summary>Compiles an anchored regex without backtracking, like RE2 in Prometheus, so that no label value makes it slow.</summary>
    public static Regex CompileRegex(string regex) => new(
        $@"\A(?:{regex.Replace("(?P<", "(?<", StringComparison.Ordinal)})\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <returns>False to drop the series.</returns>
    public bool ApplyTo(List<Label> labels)
    {
        switch (options.Action)
        {
            case RelabelAction.Keep:
                return _regex.IsMatch(JoinSourceLabels(labels));
            case RelabelAction.Drop:
                return !_regex.IsMatch(JoinSourceLabels(labels));
            case RelabelAction.Replace:
                ReplaceLabel(labels);
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
                        SetLabel(labels, ExpandTemplate(options.Replacement, match), label.Value);
                    }
                }

                break;
        }

        return true;
    }

    private void ReplaceLabel(List<Label> labels)
    {
        if (_regex.Match(JoinSourceLabels(labels)) is not { Success: true } match)
        {
            return;
        }

        var target = ExpandTemplate(options.TargetLabel, match);
        if (LabelText.IsLabelName(target))
        {
            SetLabel(labels, target, ExpandTemplate(options.Replacement, match));
        }
    }

    private string JoinSourceLabels(List<Label> labels) =>
        string.Join(options.Separator, options.SourceLabels.Select(name => labels.Find(l => l.Name == name).Value ?? ""));

    private static void SetLabel(List<Label> labels, string name, string value)
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

    // The rules of Regexp.Expand in Go: $name extends over all following letters, digits and underscores, ${name} ends at the brace, $$ is
    // a dollar sign, and an unknown group is empty.
    private static string ExpandTemplate(string template, Match match)
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
