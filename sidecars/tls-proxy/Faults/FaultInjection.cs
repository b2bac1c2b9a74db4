using TlsProxy.Policies;

namespace TlsProxy.Faults;

/// <summary>Trouble on demand, for labs: some requests are late, some fail. Off unless a route says otherwise.</summary>
/// <param name="DelayBy">How late.</param>
/// <param name="DelayShare">Of how many, from 0 to 1.</param>
/// <param name="AbortStatus">The status of those that fail.</param>
/// <param name="AbortShare">Of how many, from 0 to 1.</param>
internal sealed record FaultInjection(TimeSpan DelayBy, double DelayShare, int AbortStatus, double AbortShare)
{
    public static FaultInjection? Read(MetadataReader reader)
    {
        if (!reader.HasAny("Fault."))
        {
            return null;
        }

        var delays = reader.Has("Fault.DelayMilliseconds");
        var aborts = reader.Has("Fault.AbortStatus") | reader.Has("Fault.AbortPercent");
        if (reader.Has("Fault.DelayPercent") && !delays)
        {
            reader.Refuse("Fault.DelayMilliseconds", "is missing. Say how late the requests of Fault.DelayPercent shall be.");
        }

        return new FaultInjection(
            TimeSpan.FromMilliseconds(reader.Number("Fault.DelayMilliseconds", 0, 0, 600_000)),
            delays ? reader.Share("Fault.DelayPercent", 100) : 0,
            reader.Whole("Fault.AbortStatus", StatusCodes.Status503ServiceUnavailable, 400, 599),
            aborts ? reader.Share("Fault.AbortPercent", 100) : 0);
    }

    /// <summary>How late this request shall be; null for not at all.</summary>
    public TimeSpan? Delay() => Chance.Hits(DelayShare) ? DelayBy : null;

    /// <summary>Whether this request shall fail.</summary>
    public bool Aborts() => Chance.Hits(AbortShare);
}
