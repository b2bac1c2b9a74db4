namespace TlsProxy.Routes;

/// <summary>The configuration section with routes and clusters, in YARP's own format.</summary>
/// <param name="Section">The section; null or empty when no routes are configured.</param>
internal sealed record RouteConfiguration(IConfigurationSection? Section)
{
    public const string Key = "ReverseProxy";

    /// <summary>Whether routes are configured; otherwise all requests go to the application of <c>Upstream:Url</c>.</summary>
    public bool HasRoutes => Section?.GetChildren().Any() == true;
}
