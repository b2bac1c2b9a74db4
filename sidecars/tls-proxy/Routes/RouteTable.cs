using TlsProxy.Policies;
using TlsProxy.Upstream;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace TlsProxy.Routes;

/// <summary>Routes and clusters, read and validated together.</summary>
/// <param name="Routes">Maps requests to clusters.</param>
/// <param name="Clusters">The destinations, and how one is selected.</param>
internal sealed record RouteTable(IReadOnlyList<RouteConfig> Routes, IReadOnlyList<ClusterConfig> Clusters)
{
    /// <summary>Reads the section with YARP's own reader.</summary>
    /// <exception cref="ConfigurationException">The section cannot be read.</exception>
    public static RouteTable ReadTable(RouteConfiguration configuration, UpstreamOptions upstream)
    {
        if (!configuration.HasRoutes)
        {
            throw new ConfigurationException(
                RouteConfiguration.Key, null, "is empty now. Restore the routes, or restart the process to use Upstream:Url instead.");
        }

        var services = new ServiceCollection();
        services.AddLogging();
        services.AddReverseProxy().LoadFromConfig(configuration.Section!);
        using var provider = services.BuildServiceProvider();
        try
        {
            var config = provider.GetRequiredService<IProxyConfigProvider>().GetConfig();
            var timeout = TimeSpan.FromSeconds(upstream.TimeoutSeconds);
            return new RouteTable(config.Routes, [.. config.Clusters.Select(c => AddDefaultTimeout(c, timeout))]);
        }
        catch (Exception exception) when (exception is not ConfigurationException)
        {
            throw new ConfigurationException(RouteConfiguration.Key, null, $"cannot be read: {exception.Message}");
        }
    }

    /// <summary>Validates every route with its policy, and every cluster.</summary>
    /// <exception cref="ConfigurationException">Something is invalid; contains all errors.</exception>
    public async Task ValidateTableAsync(IConfigValidator validator, RoutePolicies policies)
    {
        var errors = new List<ConfigurationError>();
        foreach (var route in Routes)
        {
            errors.AddRange((await validator.ValidateRouteAsync(route)).Select(e => CreateError($"Routes:{route.RouteId}", e)));
            if (!Clusters.Any(c => string.Equals(c.ClusterId, route.ClusterId, StringComparison.OrdinalIgnoreCase)))
            {
                errors.Add(new(
                    $"{RouteConfiguration.Key}:Routes:{route.RouteId}:ClusterId",
                    route.ClusterId,
                    "is not a configured cluster. Set it to one of ReverseProxy:Clusters."));
            }
        }

        foreach (var cluster in Clusters)
        {
            errors.AddRange((await validator.ValidateClusterAsync(cluster)).Select(e => CreateError($"Clusters:{cluster.ClusterId}", e)));
            errors.AddRange(FindInvalidAddresses(cluster));
        }

        policies.ReadPolicies(Routes, Clusters, errors);
        if (errors.Count > 0)
        {
            throw new ConfigurationException(errors);
        }
    }

    private static IEnumerable<ConfigurationError> FindInvalidAddresses(ClusterConfig cluster)
    {
        foreach (var (name, destination) in cluster.Destinations ?? new Dictionary<string, DestinationConfig>())
        {
            if (!Uri.TryCreate(destination.Address, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            {
                yield return new(
                    $"{RouteConfiguration.Key}:Clusters:{cluster.ClusterId}:Destinations:{name}:Address",
                    destination.Address,
                    "is not an http(s) URL. Write it like http://127.0.0.1:8000.");
            }
        }
    }

    /// <summary>A cluster without its own activity timeout uses the one of <c>Upstream</c>.</summary>
    private static ClusterConfig AddDefaultTimeout(ClusterConfig cluster, TimeSpan timeout) => cluster with
    {
        HttpRequest = (cluster.HttpRequest ?? ForwarderRequestConfig.Empty) with
        {
            ActivityTimeout = cluster.HttpRequest?.ActivityTimeout ?? timeout,
        },
    };

    private static ConfigurationError CreateError(string path, Exception exception) =>
        new($"{RouteConfiguration.Key}:{path}", null, exception.Message);
}
