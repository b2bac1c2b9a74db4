using System.Text;
using MetricsRelay.Exposition;

namespace MetricsRelay.Parsing;

/// <summary>Parses the text <c>name{labels}</c> of a series that was not seen before.</summary>
internal sealed class SeriesTextParser
{
    /// <summary>The labels of the last parsed series.</summary>
    public List<Label> Labels { get; } = [];

    /// <param name="line">The line.</param>
    /// <param name="start">The start of the series.</param>
    /// <param name="end">The end of the series, from <see cref="ExpositionLine.FindSeriesEnd"/>.</param>
    /// <returns>The metric name.</returns>
    public string ParseSeries(in ExpositionLine line, int start, int end)
    {
        Labels.Clear();
        var i = start;
        string? name = null;
        if (line.Text[i] != '{')
        {
            name = Encoding.UTF8.GetString(line.ReadMetricName(ref i, end));
            i = line.SkipOptionalBlanks(i);
            if (i >= end)
            {
                return name;
            }
        }

        ParseLabels(in line, i, end, ref name);
        return name ?? throw line.CreateError(start, "the metric name is missing");
    }

    // labels = "{" [label *("," label)] "}". The text format allows blanks, and a comma after the last label. A quoted text without a
    // value is the metric name.
    private void ParseLabels(in ExpositionLine line, int brace, int end, ref string? name)
    {
        var text = line.Text;
        var i = line.SkipOptionalBlanks(brace + 1);
        var isFirst = true;
        while (text[i] != '}')
        {
            if (!isFirst && !SkipComma(in line, ref i))
            {
                break;
            }

            isFirst = false;
            var at = i;
            string key;
            if (text[i] == '"')
            {
                var quoteEnd = line.FindQuotedEnd(i);
                key = LabelText.UnescapeText(text[(i + 1)..(quoteEnd - 1)]);
                i = line.SkipOptionalBlanks(quoteEnd);
                if (text[i] != '=')
                {
                    name = name is null && key.Length > 0
                        ? key
                        : throw line.CreateError(at, key.Length == 0 ? "the metric name is empty" : "a second metric name");
                    continue;
                }
            }
            else
            {
                key = Encoding.UTF8.GetString(line.ReadLabelName(ref i, end));
                i = line.SkipOptionalBlanks(i);
            }

            i = ParseLabelValue(in line, at, i, key);
        }
    }

    /// <returns>False when the comma was the last token before the closing brace.</returns>
    private static bool SkipComma(in ExpositionLine line, ref int at)
    {
        if (line.Text[at] != ',')
        {
            throw line.CreateError(at, "a comma or the closing brace must follow a label");
        }

        at = line.SkipOptionalBlanks(at + 1);
        if (line.Text[at] != '}')
        {
            return true;
        }

        return line.IsOpenMetrics ? throw line.CreateError(at - 1, "a comma after the last label is not allowed") : false;
    }

    private int ParseLabelValue(in ExpositionLine line, int nameAt, int at, string name)
    {
        var text = line.Text;
        if (text[at] != '=')
        {
            throw line.CreateError(at, "'=' must follow the name of a label");
        }

        at = line.SkipOptionalBlanks(at + 1);
        if (text[at] != '"')
        {
            throw line.CreateError(at, "the value of a label must be in double quotes");
        }

        var quoteEnd = line.FindQuotedEnd(at);
        if (name.Length == 0
            || name == LabelText.MetricNameLabel
            || (line.IsOpenMetrics && name.StartsWith("__", StringComparison.Ordinal)))
        {
            throw line.CreateError(nameAt, name.Length == 0 ? "the name of a label is empty" : $"the label name '{name}' is reserved");
        }

        foreach (var label in Labels)
        {
            if (label.Name == name)
            {
                throw line.CreateError(nameAt, $"the label '{name}' occurs twice");
            }
        }

        Labels.Add(new Label(name, LabelText.UnescapeText(text[(at + 1)..(quoteEnd - 1)])));
        return line.SkipOptionalBlanks(quoteEnd);
    }
}
