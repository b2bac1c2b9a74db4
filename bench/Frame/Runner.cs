namespace Bench.Frame;

/// <summary>Runs a case: everyone once to warm up, then A B A B … pair after pair.</summary>
/// <param name="progress">Takes a line for people, now and then.</param>
internal sealed class Runner(TextWriter progress)
{
    private const int WarmUps = 1;

    /// <summary>Runs all contenders alternately; one that misses something or fails is left out from there on, with the reason.</summary>
    public async Task<CaseResult> RunAsync(
        IBenchCase benchCase, MachineFacts machine, IReadOnlyList<Contender> contenders, int pairs, CancellationToken cancellationToken)
    {
        var runs = contenders.Select(_ => new List<Measurement?>()).ToArray();
        var notRun = contenders.Select(contender => contender.Needs.Select(need => need.Missing()).FirstOrDefault(missing => missing is not null)).ToArray();

        for (var pair = -WarmUps; pair < pairs; pair++)
        {
            for (var i = 0; i < contenders.Count; i++)
            {
                if (notRun[i] is not null)
                {
                    continue;
                }

                try
                {
                    var measurement = await contenders[i].RunAsync(cancellationToken);
                    await progress.WriteLineAsync($"{(pair < 0 ? "warm-up" : $"{pair + 1}/{pairs}"),-8} {contenders[i].Name,-24} {Describe(measurement)}");
                    if (pair >= 0)
                    {
                        runs[i].Add(measurement);
                    }
                }
                catch (Exception exception) when (exception is BenchException or IOException or HttpRequestException)
                {
                    notRun[i] = pair < 0 ? $"failed at the warm-up: {exception.Message}" : $"failed in run {pair + 1}: {exception.Message}";
                    await progress.WriteLineAsync($"         {contenders[i].Name,-24} {notRun[i]}");
                }
            }
        }

        return new CaseResult(
            benchCase, machine, WarmUps, [.. contenders.Select((contender, i) => new ContenderResult(contender, runs[i], notRun[i]))]);
    }

    private static string Describe(Measurement measurement) => string.Join(
        "  ", measurement.Metrics.Select(metric => $"{metric.Name} {Figures.Text(measurement[metric]!.Value, metric.Unit)}"));
}
