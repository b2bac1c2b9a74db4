using System.Runtime.CompilerServices;
using MetricsRelay.Scraping;

namespace MetricsRelay.Check;

/// <summary>Scrapes every target once for the <c>check</c> verb.</summary>
internal sealed class TargetCheck(Scraper scraper) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var target in scraper.TargetSet.Targets)
        {
            await target.ScrapeAsync().WaitAsync(cancellationToken);
            yield return target.LastResult switch
            {
                { IsUp: true } result => Finding.Ok("target " + target.Name,
                    $"{target.Url} exposes {result.Samples} samples in {result.Bytes} bytes"),
                var result => Finding.Failure("target " + target.Name, $"Scrape failed: {result?.Error}.",
                    "The relay serves 'up 0' for this target and keeps retrying."),
            };
        }

        foreach (var conflict in scraper.TargetSet.Conflicts)
        {
            yield return Finding.Warning("family " + conflict.Family, $"{conflict.Target} {conflict.Reason}.",
                "The family is omitted. Rename it at one of the targets.");
        }
    }
}
