using System.Globalization;

namespace LogTailer.Tests;

/// <summary>Reads values from a metrics page in the Prometheus text format.</summary>
internal static class MetricsPage
{
    /// <summary>
    /// The sum of all series of a metric, or the value of one series when <paramref name="name"/> includes its labels; NaN without any.
    /// </summary>
    public static double SumSeries(string page, string name)
    {
        var values = page.Split('\n')
            .Where(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal))
            .Select(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == 0 ? double.NaN : values.Sum();
    }

    /// <summary>The sum of all series of a metric that have a label with the value <paramref name="labelValue"/>.</summary>
    public static double SumSeriesWithLabel(string page, string name, string labelValue)
    {
        var series = page.Split('\n').Where(line => line.Contains($"=\"{labelValue}\"", StringComparison.Ordinal));
        return SumSeries(string.Join('\n', series), name) is var sum && double.IsNaN(sum) ? 0 : sum;
    }
}
