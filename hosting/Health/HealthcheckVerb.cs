using Hosting.Configuration;
namespace Hosting.Health;

/// <summary>The <c>healthcheck</c> verb: asks this machine's running process whether it is ready. For Docker, whose images here have no shell.</summary>
internal static class HealthcheckVerb
{
    public static async Task<int> RunAsync(ContainerOptions options, CancellationToken cancellationToken)
    {
        var host = options.Listen.Address is "*" or "localhost" ? "localhost" : options.Listen.Address;
        var address = new UriBuilder("http", host, options.Management.Port, "/readyz").Uri;
        try
        {
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
            using var answer = await client.GetAsync(address, cancellationToken);
            Console.Out.WriteLine($"{address}: {(int)answer.StatusCode} {(await answer.Content.ReadAsStringAsync(cancellationToken)).Trim()}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Console.Out.WriteLine($"{address}: {e.Message}");
            return 1;
        }
    }
}
