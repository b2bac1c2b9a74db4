using TlsProxy.Metadata;

namespace TlsProxy.Faults;

/// <summary>Delays or fails a share of the requests on purpose, for labs. Off unless a route configures it.</summary>
/// <param name="Delay">The delay.</param>
/// <param name="DelayShare">Share of delayed requests, from 0 to 1.</param>
/// <param name="AbortStatus">The status code of failed requests.</param>
/// <param name="AbortShare">Share of failed requests, from 0 to 1.</param>
internal sealed record FaultInjection(TimeSpan Delay, double DelayShare, int AbortStatus, double AbortShare)
{
    public static FaultInjection? FromMetadata(RouteMetadata metadata)
    {
        if (!metadata.ContainsGroup("Fault."))
        {
            return null;
        }

        var hasDelay = metadata.ContainsKey("Fault.DelayMilliseconds");
        var hasAbort = metadata.ContainsKey("Fault.AbortStatus") | metadata.ContainsKey("Fault.AbortPercent");
        if (metadata.ContainsKey("Fault.DelayPercent") && !hasDelay)
        {
            metadata.AddError("Fault.DelayMilliseconds", "is missing. Set the delay for the requests of Fault.DelayPercent.");
        }

        return new FaultInjection(
            TimeSpan.FromMilliseconds(metadata.GetNumber("Fault.DelayMilliseconds", 0, 0, 600_000)),
            hasDelay ? metadata.GetShare("Fault.DelayPercent", 100) : 0,
            metadata.GetInteger("Fault.AbortStatus", StatusCodes.Status503ServiceUnavailable, 400, 599),
            hasAbort ? metadata.GetShare("Fault.AbortPercent", 100) : 0);
    }

    /// <summary>The delay of the next request; null for none.</summary>
    public TimeSpan? SelectDelay() => RandomSampling.SelectsNext(DelayShare) ? Delay : null;

    /// <summary>Whether the next request fails.</summary>
    public bool SelectAbort() => RandomSampling.SelectsNext(AbortShare);
}
