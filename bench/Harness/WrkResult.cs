using System.Globalization;
using System.Text.RegularExpressions;

namespace Bench.Harness;

/// <summary>The result of one run of the load generator wrk.</summary>
/// <param name="Requests">The number of responses.</param>
/// <param name="RequestsPerSecond">Responses per second.</param>
/// <param name="MedianMilliseconds">The median latency.</param>
/// <param name="P99Milliseconds">The 99th percentile of the latency.</param>
internal sealed partial record WrkResult(double Requests, double RequestsPerSecond, double MedianMilliseconds, double P99Milliseconds)
{
    /// <summary>Sends requests from one thread, over a number of connections, as fast as responses arrive.</summary>
    /// <exception cref="BenchException">A request failed, so the run does not count.</exception>
    public static async Task<WrkResult> RunLoadAsync(
        string url, int connections, int seconds, CancellationToken cancellationToken, params string[] options)
    {
        string[] arguments = ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", .. options, url];
        return ParseOutput(string.Join('\n', await MeasuredProcess.RunToEndAsync("wrk", arguments, cancellationToken)));
    }

    /// <summary>Parses the output of <c>wrk --latency</c>.</summary>
    /// <exception cref="BenchException">A request failed, or the text is not wrk's output.</exception>
    public static WrkResult ParseOutput(string output) =>
        output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal)
            ? throw new BenchException($"wrk reports failed requests:\n{output}")
            : new WrkResult(
                ParseNumber(RequestsPattern().Match(output)),
                ParseNumber(RatePattern().Match(output)),
                ParseLatency(output, "50%"),
                ParseLatency(output, "99%"));

    /// <summary>The number in the first group of a match.</summary>
    /// <exception cref="BenchException">The pattern did not match.</exception>
    public static double ParseNumber(Match match) => match.Success
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new BenchException("the output of the load generator has an unknown format");

    private static double ParseLatency(string output, string percentile)
    {
        var match = Regex.Match(output, $@"{percentile}\s+([0-9.]+)(us|ms|s)");
        return ParseNumber(match) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
    }

    [GeneratedRegex(@"([0-9]+) requests in ")]
    private static partial Regex RequestsPattern();

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RatePattern();
}
