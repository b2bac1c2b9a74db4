namespace TlsProxy.Metadata;

/// <summary>Selects a random share of the requests.</summary>
internal static class RandomSampling
{
    /// <param name="share">From 0 (never) to 1 (always).</param>
    public static bool SelectsNext(double share) => share >= 1 || (share > 0 && Random.Shared.NextDouble() < share);
}
