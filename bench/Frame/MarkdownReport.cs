using System.Globalization;
using System.Text;

namespace Bench.Frame;

/// <summary>The report for people.</summary>
internal static class MarkdownReport
{
    public static string Of(CaseResult result)
    {
        var text = new StringBuilder();
        var machine = result.Machine;
        Line(text, $"# {result.Case.Name}");
        Line(text, $"");
        Line(text, $"{result.Case.Question}");
        Line(text, $"");
        Line(text, $"{result.Case.Conditions}");
        Line(text, $"");

        Line(text, $"| contender | what runs |");
        Line(text, $"| --- | --- |");
        foreach (var contender in result.Contenders)
        {
            Line(text, $"| {contender.Contender.Name} | {contender.Contender.Description} |");
        }

        Line(text, $"");
        Table(text, result);
        Line(text, $"");
        Line(text, $"Medians of {result.Contenders.Max(contender => contender.Runs.Count)} runs each, alternately, after {result.WarmUps} warm-up. Ratios are {result.Ours.Contender.Name} to the other, pair by pair: median (least–most).");
        foreach (var contender in result.Contenders.Where(contender => contender.NotRun is not null))
        {
            Line(text, $"");
            Line(text, $"**{contender.Contender.Name} not run:** {contender.NotRun}");
        }

        Line(text, $"");
        Line(text, $"{machine.Processor}, {machine.Cores} cores, {machine.MemoryBytes / (double)(1 << 30):0.0} GiB; {machine.System}, Linux {machine.Kernel}; {machine.DotNet}; load {machine.Load} at the start; commit {machine.Commit}; {machine.Date:yyyy-MM-dd HH:mm} UTC.");
        return text.ToString();
    }

    private static void Table(StringBuilder text, CaseResult result)
    {
        var ran = result.Contenders.Where(contender => contender.Runs.Count > 0).ToList();
        var peers = ran.Where(contender => contender != result.Ours && result.Ours.Runs.Count > 0).ToList();
        Line(text, $"| |{string.Concat(ran.Select(contender => $" {contender.Contender.Name} |"))}{string.Concat(peers.Select(peer => $" to {peer.Contender.Name} |"))}");
        Line(text, $"| --- |{string.Concat(Enumerable.Repeat(" ---: |", ran.Count + peers.Count))}");
        foreach (var metric in result.Metrics)
        {
            var values = ran.Select(contender => contender.Median(metric) is { } median ? Figures.Text(median, metric.Unit) : "");
            var ratios = peers.Select(peer => result.RatioTo(peer, metric) is { } ratio ? Figures.Text(ratio) : "");
            Line(text, $"| {metric.Name}{(metric.HigherIsBetter ? " (more is better)" : "")} |{string.Concat(values.Concat(ratios).Select(cell => $" {cell} |"))}");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
