namespace TlsProxy.Policies;

/// <summary>A share of requests, picked at random.</summary>
internal static class Chance
{
    /// <param name="share">From 0, never, to 1, always.</param>
    public static bool Hits(double share) => share >= 1 || (share > 0 && Random.Shared.NextDouble() < share);
}
