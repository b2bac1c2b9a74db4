using TlsProxy.Authentication;
using TlsProxy.Canary;
using TlsProxy.Faults;
using TlsProxy.Files;
using TlsProxy.Mirroring;
using TlsProxy.RateLimits;
using TlsProxy.Retries;

namespace TlsProxy.Policies;

/// <summary>The policy of one route. Each part is null when the route does not configure it.</summary>
internal sealed record RoutePolicy
{
    public RequestAuthentication? Authentication { get; init; }

    public ClientRateLimit? RateLimit { get; init; }

    public FaultInjection? Faults { get; init; }

    public CanarySplit? Canary { get; init; }

    public MirrorTarget? Mirror { get; init; }

    public required RetryPolicy Retry { get; init; }

    /// <summary>The egress token of the route, instead of the one of <c>Upstream:TokenFile</c>.</summary>
    public WatchedFile<string>? EgressToken { get; init; }

    /// <summary>No admission checks are configured.</summary>
    public bool HasNoAdmissionChecks => Authentication is null && RateLimit is null && Faults is null;
}
