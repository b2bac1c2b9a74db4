using System.Globalization;
using System.Text.RegularExpressions;

namespace Bench.Frame;

/// <summary>What one run of the load generator wrk has seen.</summary>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Rate">Of them a second.</param>
/// <param name="MedianMilliseconds">Half of the answers took less.</param>
/// <param name="P99Milliseconds">One answer in a hundred took more.</param>
internal sealed partial record Wrk(double Requests, double Rate, double MedianMilliseconds, double P99Milliseconds)
{
    /// <summary>Sends for <paramref name="seconds"/> as fast as <paramref name="connections"/> connections take it, from one thread.</summary>
    /// <exception cref="BenchException">A request failed: that spoils the run.</exception>
    public static async Task<Wrk> RunAsync(string url, int connections, int seconds, CancellationToken cancellationToken, params string[] more)
    {
        string[] arguments = ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", .. more, url];
        return Parse(string.Join('\n', await ChildProcess.OutputOfAsync("wrk", arguments, cancellationToken)));
    }

    /// <summary>Reads what wrk prints with <c>--latency</c>.</summary>
    /// <exception cref="BenchException">A request failed, or the output is none of wrk's.</exception>
    public static Wrk Parse(string output) =>
        output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal)
            ? throw new BenchException($"wrk saw errors:\n{output}")
            : new Wrk(Number(RequestsLine().Match(output)), Number(RateLine().Match(output)), Latency(output, "50%"), Latency(output, "99%"));

    private static double Latency(string output, string percentile)
    {
        var match = Regex.Match(output, $@"{percentile}\s+([0-9.]+)(us|ms|s)");
        return Number(match) * match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
    }

    private static double Number(Match match) => match.Success
        ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new BenchException("the load generator's output was not understood");

    [GeneratedRegex(@"([0-9]+) requests in ")]
    private static partial Regex RequestsLine();

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RateLine();
}
