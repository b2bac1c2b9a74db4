using System.Text.RegularExpressions;

namespace MetricsRelay.Relabel;

/// <summary>One relabel rule, applied to every scraped series in turn (Prometheus' <c>metric_relabel_configs</c>).</summary>
public sealed class RelabelRuleOptions : IValidatable
{
    /// <summary>Labels whose values, joined by the separator, the regex is matched with; the metric's name is <c>__name__</c>. Default: none.</summary>
    public string[] SourceLabels { get; set; } = [];

    /// <summary>Stands between the source labels' values. Default <c>;</c>.</summary>
    public string Separator { get; set; } = ";";

    /// <summary>Must match the whole of the source (or of the label's name). Default <c>(.*)</c>.</summary>
    public string Regex { get; set; } = "(.*)";

    /// <summary>The label that <c>replace</c> sets; may refer to groups as <c>$1</c> or <c>${name}</c>. Required there.</summary>
    public string TargetLabel { get; set; } = "";

    /// <summary>The value that is set; may refer to groups. Default <c>$1</c>.</summary>
    public string Replacement { get; set; } = "$1";

    /// <summary><c>replace</c> (default), <c>keep</c>, <c>drop</c>, <c>labeldrop</c>, <c>labelkeep</c>, <c>labelmap</c>.</summary>
    public RelabelAction Action { get; set; } = RelabelAction.Replace;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Action == RelabelAction.Replace && TargetLabel.Length == 0)
        {
            yield return new ConfigurationError(path + nameof(TargetLabel), null, "is required for the action replace.");
        }

        string? wrong = null;
        try
        {
            _ = RelabelRule.Compile(Regex);
        }
        catch (Exception e) when (e is RegexParseException or NotSupportedException)
        {
            wrong = e.Message;
        }

        if (wrong is not null)
        {
            yield return new ConfigurationError(path + nameof(Regex), Regex,
                $"is not a regular expression that runs in linear time (no backreferences, no look-around): {wrong}");
        }
    }
}
