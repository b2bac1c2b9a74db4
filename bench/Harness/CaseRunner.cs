namespace Bench.Harness;

/// <summary>Runs the contenders of a case: each once to warm up, then alternately (A B A B …), pair by pair.</summary>
/// <param name="progress">Receives a line for each run.</param>
internal sealed class CaseRunner(TextWriter progress)
{
    private const int WarmUps = 1;

    /// <summary>Runs all contenders. A contender with a missing requirement or a failed run is left out of the remaining pairs.</summary>
    public async Task<CaseResult> RunCaseAsync(
        IBenchCase benchCase, MachineFacts machine, IReadOnlyList<Contender> contenders, int pairs, CancellationToken cancellationToken)
    {
        var runs = contenders.Select(_ => new List<Measurement?>()).ToArray();
        var notRun = contenders.Select(contender => Requirement.FindFirstMissing(contender.Requirements)).ToArray();

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
                    var run = pair < 0 ? "warm-up" : $"{pair + 1}/{pairs}";
                    await progress.WriteLineAsync($"{run,-8} {contenders[i].Name,-24} {FormatMeasurement(measurement)}");
                    if (pair >= 0)
                    {
                        runs[i].Add(measurement);
                    }
                }
                catch (Exception exception) when (exception is BenchException or IOException or HttpRequestException)
                {
                    notRun[i] = pair < 0 ? $"failed in the warm-up: {exception.Message}" : $"failed in run {pair + 1}: {exception.Message}";
                    await progress.WriteLineAsync($"         {contenders[i].Name,-24} {notRun[i]}");
                }
            }
        }

        return new CaseResult(
            benchCase, machine, WarmUps, [.. contenders.Select((contender, i) => new ContenderResult(contender, runs[i], notRun[i]))]);
    }

    private static string FormatMeasurement(Measurement measurement) => string.Join(
        "  ", measurement.Metrics.Select(metric => $"{metric.Name} {FigureFormat.FormatValue(measurement[metric]!.Value, metric.Unit)}"));
}
