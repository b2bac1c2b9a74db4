using System.Globalization;
using System.Text;

namespace Bench.Harness;

/// <summary>The report for people.</summary>
internal static class MarkdownReport
{
    /// <summary>Formats a result as Markdown.</summary>
    public static string FormatResult(CaseResult result)
    {
        var text = new StringBuilder();
        var machine = result.Machine;
        AppendLine(text, $"# {result.Case.Name}");
        AppendLine(text, $"");
        AppendLine(text, $"{result.Case.Question}");
        AppendLine(text, $"");
        AppendLine(text, $"{result.Case.Conditions}");
        AppendLine(text, $"");

        AppendLine(text, $"| contender | what runs |");
        AppendLine(text, $"| --- | --- |");
        foreach (var contender in result.Contenders)
        {
            AppendLine(text, $"| {contender.Contender.Name} | {contender.Contender.Description} |");
        }

        AppendLine(text, $"");
        AppendTable(text, result);
        AppendLine(text, $"");
        var runs = result.Contenders.Max(contender => contender.Runs.Count);
        AppendLine(text, $"Medians of {runs} alternating runs after {result.WarmUps} warm-up.");
        AppendLine(text, $"Ratios are {result.Ours.Contender.Name} divided by the peer, pair by pair: median (lowest–highest).");
        foreach (var contender in result.Contenders.Where(contender => contender.NotRun is not null))
        {
            AppendLine(text, $"");
            AppendLine(text, $"**{contender.Contender.Name} not run:** {contender.NotRun}");
        }

        AppendLine(text, $"");
        var memory = machine.MemoryBytes / (double)(1 << 30);
        AppendLine(text, $"{machine.Processor}, {machine.Cores} cores, {memory:0.0} GiB; {machine.System}, Linux {machine.Kernel};");
        AppendLine(
            text, $"{machine.DotNet}; load {machine.Load} at the start; commit {machine.Commit}; {machine.Date:yyyy-MM-dd HH:mm} UTC.");
        return text.ToString();
    }

    private static void AppendTable(StringBuilder text, CaseResult result)
    {
        var ran = result.Contenders.Where(contender => contender.Runs.Count > 0).ToList();
        var peers = ran.Where(contender => contender != result.Ours && result.Ours.Runs.Count > 0).ToList();
        var names = ran.Select(contender => contender.Contender.Name).Concat(peers.Select(peer => $"to {peer.Contender.Name}"));
        AppendLine(text, $"| |{string.Concat(names.Select(name => $" {name} |"))}");
        AppendLine(text, $"| --- |{string.Concat(Enumerable.Repeat(" ---: |", ran.Count + peers.Count))}");
        foreach (var metric in result.Metrics)
        {
            var values = ran.Select(
                contender => contender.ComputeMedian(metric) is { } median ? FigureFormat.FormatValue(median, metric.Unit) : "");
            var ratios = peers.Select(peer => result.ComputeRatio(peer, metric) is { } ratio ? FigureFormat.FormatRatio(ratio) : "");
            var title = metric.HigherIsBetter ? metric.Name + " (more is better)" : metric.Name;
            AppendLine(text, $"| {title} |{string.Concat(values.Concat(ratios).Select(cell => $" {cell} |"))}");
        }
    }

    private static void AppendLine(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
