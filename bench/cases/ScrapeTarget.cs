using System.Globalization;
using System.Text;

namespace Bench.Cases;

/// <summary>The scrape target of <see cref="ScrapeManySeries"/>: a separate process, so that its work is not measured.</summary>
internal static class ScrapeTarget
{
    /// <summary>The number of series that it exposes.</summary>
    public const int SeriesCount = 100_000;

    private const int BucketsPerHistogram = 10;
    private const int SeriesPerHistogram = BucketsPerHistogram + 3;

    /// <summary>Serves <c>/metrics</c> until the process is stopped.</summary>
    public static async Task<int> ServeAsync(string port)
    {
        // Three pages in turn: generating ten megabytes of text every second would cost more than what is measured.
        var pages = Enumerable.Range(1, 3).Select(GeneratePage).ToArray();
        var next = 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(int.Parse(port, CultureInfo.InvariantCulture)));
        await using var app = builder.Build();
        app.MapGet("/metrics", () => Results.Bytes(
            pages[Interlocked.Increment(ref next) % pages.Length], "text/plain; version=0.0.4; charset=utf-8"));
        await app.RunAsync();
        return 0;
    }

    private static byte[] GeneratePage(int scrape)
    {
        var text = new StringBuilder(12 << 20);
        text.Append("# HELP jobs_total Completed jobs.\n# TYPE jobs_total counter\n");
        const int counters = SeriesCount / 10;
        for (var i = 0; i < counters; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"jobs_total{{queue=\"queue-{i % 100}\",worker=\"worker-{i / 100}\",status=\"success\"}} {(long)i * scrape}\n");
        }

        text.Append("# HELP job_duration_seconds Duration of completed jobs.\n# TYPE job_duration_seconds histogram\n");
        for (var i = 0; i < (SeriesCount - counters) / SeriesPerHistogram; i++)
        {
            AppendHistogram(text, i, scrape);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void AppendHistogram(StringBuilder text, int index, int scrape)
    {
        var labels = $"queue=\"queue-{index % 100}\",worker=\"worker-{index / 100}\"";
        for (var bucket = 0; bucket <= BucketsPerHistogram; bucket++)
        {
            var bound = bucket < BucketsPerHistogram ? (0.005 * (1 << bucket)).ToString(CultureInfo.InvariantCulture) : "+Inf";
            var count = (bucket + 1) * (index + 7) * scrape;
            text.Append(CultureInfo.InvariantCulture, $"job_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"job_duration_seconds_sum{{{labels}}} {index * 0.731 * scrape}\n");
        text.Append(
            CultureInfo.InvariantCulture, $"job_duration_seconds_count{{{labels}}} {(BucketsPerHistogram + 1) * (index + 7) * scrape}\n");
    }
}
