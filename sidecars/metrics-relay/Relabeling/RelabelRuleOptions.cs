using System.Text.RegularExpressions;

namespace MetricsRelay.Relabeling;

/// <summary>A relabel rule, applied to every scraped series (<c>metric_relabel_configs</c> in Prometheus).</summary>
public sealed class RelabelRuleOptions : IValidatable
{
    /// <summary>
    /// The labels whose values, joined with the separator, are matched by the regex. <c>__name__</c> is the metric name. Default: none.
    /// </summary>
    public string[] SourceLabels { get; set; } = [];

    /// <summary>The separator between the values of the source labels. Default <c>;</c>.</summary>
    public string Separator { get; set; } = ";";

    /// <summary>The regex, which must match the complete source (or the complete label name). Default <c>(.*)</c>.</summary>
    public string Regex { get; set; } = "(.*)";

    /// <summary>
    /// The label that <c>replace</c> sets; may contain groups such as <c>$1</c> or <c>${name}</c>. Required for <c>replace</c>.
    /// </summary>
    public string TargetLabel { get; set; } = "";

    /// <summary>The new value; may contain groups. Default <c>$1</c>.</summary>
    public string Replacement { get; set; } = "$1";

    /// <summary>
    /// The action: <c>replace</c> (default), <c>keep</c>, <c>drop</c>, <c>labeldrop</c>, <c>labelkeep</c>, <c>labelmap</c>.
    /// </summary>
    public RelabelAction Action { get; set; } = RelabelAction.Replace;

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Action == RelabelAction.Replace && TargetLabel.Length == 0)
        {
            yield return new ConfigurationError(path + nameof(TargetLabel), null, "is required for the action replace.");
        }

        string? error = null;
        try
        {
            _ = RelabelRule.CompileRegex(Regex);
        }
        catch (Exception exception) when (exception is RegexParseException or NotSupportedException)
        {
            error = exception.Message;
        }

        if (error is not null)
        {
            yield return new ConfigurationError(path + nameof(Regex), Regex,
                $"is not a regular expression that runs in linear time (no backreferences, no look-around): {error}");
        }
    }
}
