using System.Text.Json;

namespace TlsProxy.Tests.Support;

/// <summary>A configuration file with one catch-all route, like a mounted ConfigMap.</summary>
internal sealed class RouteFile : IDisposable
{
    public string Path { get; } = System.IO.Path.GetTempFileName();

    public string Argument => $"--config={Path}";

    /// <summary>Writes the file; the route uses the first cluster.</summary>
    public RouteFile Write(Dictionary<string, string>? metadata, params (string Name, Uri[] Destinations)[] clusters)
    {
        var content = new
        {
            ReverseProxy = new
            {
                Routes = new Dictionary<string, object>
                {
                    ["all"] = new { ClusterId = clusters[0].Name, Match = new { Path = "{**rest}" }, Metadata = metadata ?? [] },
                },
                Clusters = clusters.ToDictionary(
                    c => c.Name,
                    c => new
                    {
                        LoadBalancingPolicy = "RoundRobin",
                        Destinations = c.Destinations.Select((url, i) => (url, i)).ToDictionary(
                            d => $"d{d.i}", d => new { Address = d.url.ToString() }),
                    }),
            },
        };
        File.WriteAllText(Path, JsonSerializer.Serialize(content));
        return this;
    }

    public Task<RunningProxy> StartAsync(string directory, params string[] more) =>
        RunningProxy.StartAsync(directory, new Uri("http://127.0.0.1:1"), [Argument, .. more]);

    public void Dispose() => File.Delete(Path);
}
