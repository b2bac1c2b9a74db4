namespace MetricsRelay.Scraping;

/// <summary>Which target it is.</summary>
/// <param name="Url">The address.</param>
/// <param name="Name">Host and port, with the path if two targets differ only in the path.</param>
/// <param name="Order">The position in the configuration.</param>
/// <param name="MayOverlap">Whether another target may have the same series.</param>
internal sealed record TargetIdentity(Uri Url, string Name, int Order = 0, bool MayOverlap = false);
