using TlsProxy.Policies;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Routes;

/// <summary>Routes and clusters as YARP's own configuration shape has them, read and checked as a whole.</summary>
/// <param name="Routes">Which requests go where.</param>
/// <param name="Clusters">The destinations, and how one is chosen.</param>
internal sealed record RouteTable(IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters)
{
    public const string Key = "ReverseProxy";

    /// <summary>Whether a configuration has routes of its own.</summary>
    public static bool IsConfigured(TlsProxyOptions options) => options.ReverseProxy?.GetChildren().Any() == true;

    /// <summary>Reads it, with YARP's own reader.</summary>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public static RouteTable Read(TlsProxyOptions options)
    {
        if (!IsConfigured(options))
        {
            throw new ConfigurationException(Key, null, "is empty now. Leave the routes in, or start the process again to go back to the one application.");
        }

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddReverseProxy().LoadFromConfig(options.ReverseProxy!);
        using var provider = services.BuildServiceProvider();
        try
        {
            var config = provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
            return new RouteTable(config.Routes, [.. config.Clusters.Select(c => WithPatience(c, options.Upstream.TimeoutSeconds))]);
        }
        catch (Exception e) when (e is not ConfigurationException)
        {
            throw new ConfigurationException(Key, null, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>Checks every route with its policy, and every cluster.</summary>
    /// <exception cref="ConfigurationException">Something is wrong; tells all of it.</exception>
    public async Task ValidateAsync(IConfigValidator validator, RoutePolicies policies)
    {
        var errors = new List<ConfigurationError>();
        foreach (var route in Routes)
        {
            errors.AddRange((await validator.ValidateRouteAsync(route)).Select(e => Error($"Routes:{route.RouteId}", e)));
            if (!Clusters.Any(c => string.Equals(c.ClusterId, route.ClusterId, StringComparison.OrdinalIgnoreCase)))
            {
                errors.Add(new($"{Key}:Routes:{route.RouteId}:ClusterId", route.ClusterId, "is no cluster. Name one of ReverseProxy:Clusters."));
            }
        }

        foreach (var cluster in Clusters)
        {
            errors.AddRange((await validator.ValidateClusterAsync(cluster)).Select(e => Error($"Clusters:{cluster.ClusterId}", e)));
            foreach (var (name, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>())
            {
                if (!Uri.TryCreate(destination.Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                {
                    errors.Add(new($"{Key}:Clusters:{cluster.ClusterId}:Destinations:{name}:Address", destination.Address, "is not an http(s) URL. Write it like http://127.0.0.1:8000."));
                }
            }
        }

        policies.Read(Routes, Clusters, errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }
    }

    /// <summary>A cluster that does not say how long it may be silent may be so for as long as the one application.</summary>
    private static ClusterConfig WithPatience(ClusterConfig cluster, int seconds) => cluster with
    {
        HttpRequest = (cluster.HttpRequest ?? ForwarderRequestConfig.Empty) with
        {
            ActivityTimeout = cluster.HttpRequest?.ActivityTimeout ?? TimeSpan.FromSeconds(seconds),
        },
    };

    private static ConfigurationError Error(string at, Exception e) => new($"{Key}:{at}", null, e.Message);
}
