using System.Runtime.CompilerServices;

namespace MetricsRelay.Scrape;

/// <summary>Scrapes every target once for the <c>check</c> verb.</summary>
internal sealed class TargetCheck(Scraper scraper) : ICheck
{
    public async IAsyncEnumerable<Finding> CheckEnvironmentAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var target in scraper.Board.Targets)
        {
            await target.ScrapeAsync().WaitAsync(cancellationToken);
            yield return target.Last switch
            {
                { Up: true } result => Finding.Ok("target " + target.Name,
                    $"{target.Url} exposes {result.Samples} samples in {result.Bytes} bytes"),
                var result => Finding.Failure("target " + target.Name, $"{result?.Error}.",
                    "The relay would serve up 0 for it and try again."),
            };
        }

        foreach (var conflict in scraper.Board.Conflicts)
        {
            yield return Finding.Warning("family " + conflict.Family, $"{conflict.Target} {conflict.Reason}.",
                "It will be left out; rename it at one of the targets.");
        }
    }
}
