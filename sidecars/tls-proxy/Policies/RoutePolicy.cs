using TlsProxy.Authentication;
using TlsProxy.Canary;
using TlsProxy.Faults;
using TlsProxy.Files;
using TlsProxy.Mirroring;
using TlsProxy.RateLimits;
using TlsProxy.Retries;

namespace TlsProxy.Policies;

/// <summary>What one route asks for beside a way: each part null when the route does not say it.</summary>
internal sealed record RoutePolicy
{
    public RequestAuthentication? Authentication { get; init; }

    public RateLimit? RateLimit { get; init; }

    public FaultInjection? Faults { get; init; }

    public CanarySplit? Canary { get; init; }

    public MirrorTarget? Mirror { get; init; }

    public required RetryPolicy Retry { get; init; }

    /// <summary>The route's own egress token, in place of the one of <c>Upstream:TokenFile</c>.</summary>
    public WatchedFile<string>? Token { get; init; }

    /// <summary>Nothing stands between a request and its way.</summary>
    public bool AdmitsEverybody => Authentication is null && RateLimit is null && Faults is null;
}
